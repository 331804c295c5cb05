"""Questions about single requests, and feedback on them."""
