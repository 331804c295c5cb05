"""Batches on disk until the controller has them, so that they outlive this process."""
