"""Figures of the whole system against a null server that knows the truth. Run with `make bench`."""
