"""Answers questions about finished runs."""
