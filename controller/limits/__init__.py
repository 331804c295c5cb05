"""How much a caller may ask for: calls by the minute, wrong credentials, and what the runs of a project take."""
