"""What is asked of the target: synthetic or dataset prompts, the same for the same seed whatever the split."""
