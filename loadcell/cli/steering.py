"""Texts of others that are shown on a terminal."""

import re

# What steers a terminal, or has it write backwards: servers and models choose some of the texts that are shown.
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """Return a text without what a terminal would carry out instead of showing it."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", text)
