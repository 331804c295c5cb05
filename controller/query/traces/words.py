"""The words of a text, as full text search knows them: the same for every engine, because none of them is asked.

A word is an unbroken run of letters and digits of any script, in lower case. Nothing is stemmed and no word is too
common to be found.
"""

from __future__ import annotations

import re

MAX_WORD = 128  # characters; of a longer one the beginning counts

_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """Return the different words of a text in the order of their first appearance."""
    return list(dict.fromkeys(word[:MAX_WORD] for word in _WORD.findall(text.lower())))
