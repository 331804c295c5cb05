"""A worker process: one event loop that makes load and nothing else."""
