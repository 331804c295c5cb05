"""Says what a result means: by rules, or by a language model that is given the numbers."""
