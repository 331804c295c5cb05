"""Recommending a capacity: what is asked becomes a run, and its result the answer."""
