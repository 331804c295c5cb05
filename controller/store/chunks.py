"""Long lists of keys in pieces: a statement takes only so many parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

MOST = 1_000  # values; SQLite takes 32,766 parameters, PostgreSQL 65,535


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """Yield the values in their order, at most `MOST` at a time."""
    left = iter(values)
    while chunk := list(islice(left, MOST)):
        yield chunk
