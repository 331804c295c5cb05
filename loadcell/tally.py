"""A distribution that is cheap to count into: what is made of it is made when somebody looks."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

# How long calls take, in seconds.
CALL_BOUNDS_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Example(NamedTuple):
    """One call of many: its request id, its value and when it was, in seconds since 1970 UTC."""

    request_id: str
    value: float
    at: float


class Tally:
    """Counts values between fixed bounds.

    Attributes:
        bounds: Ascending; a value that is equal to one is below it.
        counts: How many values lie below each bound and above the one before; the last are above all.
        sum: Of all values.
        examples: The last call of each count that has an id.
    """

    __slots__ = ("bounds", "counts", "examples", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.sum = 0.0
        self.examples: list[Example | None] = [None] * len(self.counts)

    def add(self, value: float, request_id: str = "") -> None:
        """Count a value, of a call that has an id."""
        position = bisect_left(self.bounds, value)
        self.counts[position] += 1
        self.sum += value
        if request_id:
            self.examples[position] = Example(request_id, value, time.time())

    def add_counts(self, counts: Sequence[int], total: float) -> None:
        """Count many values at once: how many lie below each bound and above the one before, and their sum."""
        self.counts = [known + more for known, more in zip(self.counts, counts, strict=True)]
        self.sum += total

    @property
    def count(self) -> int:
        """How many values were counted."""
        return sum(self.counts)
