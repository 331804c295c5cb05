"""Questions about many requests at once: what may be asked, and how answers come about."""
