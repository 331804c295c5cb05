"""Results and comparisons as the texts that other tools read: messages in, text out. Pure."""
