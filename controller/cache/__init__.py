"""Keeps answers of queries for a while, in this process or in Redis. It may be lost at any time."""
