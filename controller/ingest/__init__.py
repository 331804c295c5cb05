"""Takes batches of samples: checks, commits, then acknowledges them, each exactly once."""
