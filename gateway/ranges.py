"""Ranges of bytes as a client asks for them (RFC 9110, section 14)."""

from __future__ import annotations

import re

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII | re.IGNORECASE)


class UnsatisfiableError(ValueError):
    """No byte of the file is within the range."""


def read_range(header: str, size: int) -> tuple[int, int] | None:
    """Return the first byte of a range and how many it has; None when the whole file is to be sent.

    That is so without a header, for one that cannot be read, and for several ranges at once, which nobody has to
    answer.

    Raises:
        UnsatisfiableError: The range begins behind the end of the file.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        # The last bytes.
        length = min(int(match[2]), size)
        first = size - length
    else:
        first = int(match[1])
        last = min(int(match[2]), size - 1) if match[2] else size - 1
        if match[2] and int(match[2]) < first:
            return None
        length = last - first + 1
    if length <= 0 or first >= size:
        raise UnsatisfiableError
    return first, length
