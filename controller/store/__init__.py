"""The database: the only place that says SQL."""
