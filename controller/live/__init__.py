"""Live figures of active runs, folded from committed batches."""
