"""One finished request (`sample`), and columnar batches of them (`batch`)."""
