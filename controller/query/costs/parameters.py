"""Parameters that questions about costs share, checked."""

from __future__ import annotations

from loadcell.errors import LoadcellError

MAX_DAYS = 365


def read_limit(limit: int, where: str, *, most: int) -> int:
    """Return a number of entries.

    Raises:
        LoadcellError: LIMIT_EXCEEDED, it is not from 1 to `most`.
    """
    if not 1 <= limit <= most:
        raise LoadcellError("LIMIT_EXCEEDED", f"{where} must be from 1 to {most:,}, not {limit}", field=where)
    return limit
