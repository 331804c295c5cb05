"""Questions about models: what was seen of them, what they cost, how they compare."""
