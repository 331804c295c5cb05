"""Opaque cursors: where a page ended, bound to the question that was asked."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json

from loadcell.errors import LoadcellError

MAX_INTEGER = 2**62  # what the databases can compare, with room for arithmetic
MAX_CURSOR = 16_384  # characters; a name to sort by has up to 1,024, which take up to ten each


def encode(question: str, position: list[int | str]) -> str:
    """Return the cursor of the page after `position`; `question` is all that selects and orders the pages."""
    text = json.dumps([_digest(question), *position], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, question: str, types: tuple[type, ...]) -> list[int | str]:
    """Return the position of a cursor, which has values of the types given.

    Raises:
        LoadcellError: INVALID_CURSOR, it is malformed or belongs to another question.
    """
    try:
        # A cursor that is too long is cut, and so no longer what was given out.
        padded = cursor[:MAX_CURSOR] + "=" * (-len(cursor) % 4)
        found = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise LoadcellError("INVALID_CURSOR", "the cursor is malformed", field="cursor") from error
    if (
        not isinstance(found, list)
        or tuple(type(value) for value in found[1:]) != types
        or not all(map(_is_comparable, found[1:]))
    ):
        raise LoadcellError("INVALID_CURSOR", "the cursor is malformed", field="cursor")
    if found[0] != _digest(question):
        raise LoadcellError("INVALID_CURSOR", "the cursor belongs to a list with other filters", field="cursor")
    return found[1:]


def _is_comparable(value: int | str) -> bool:
    """Whether the databases can compare with a value: nobody was given a cursor with another."""
    if isinstance(value, int):
        return abs(value) <= MAX_INTEGER
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def page_size(limit: int | None) -> int:
    """Return the page size asked for, 50 by default.

    Raises:
        LoadcellError: LIMIT_EXCEEDED, it is not from 1 to 1,000.
    """
    if limit is None:
        return 50
    if not 1 <= limit <= 1_000:
        raise LoadcellError("LIMIT_EXCEEDED", f"limit must be from 1 to 1,000, not {limit}", field="limit")
    return limit


def _digest(question: str) -> str:
    return hashlib.sha256(question.encode()).hexdigest()[:16]
