"""Counting different values of a dimension in cells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from loadcell.stats.columns import Ints

_REMEMBERED = 16  # sets of contexts


class Uniques:
    """Counts the different values that the contexts of cells have; no value is none.

    Args:
        values: the value of each context, by its position.
    """

    def __init__(self, values: Sequence[str | None]) -> None:
        self._numbers, self._count = _numbered(tuple(values))
        self._pairs = np.zeros(0, np.int64)

    def add(self, keys: Ints, position: Ints) -> None:
        """Add rows: the cell of each, and the position of its context."""
        number = self._numbers[position]
        pairs = keys[number >= 0] * self._count + number[number >= 0]
        self._pairs = np.union1d(self._pairs, pairs)

    def counts(self, keys: Ints) -> Ints:
        """Return how many different values each cell has; `keys` ascend."""
        cells, counts = np.unique(self._pairs // self._count, return_counts=True)
        found = np.zeros(len(keys), np.int64)
        found[np.searchsorted(keys, cells)] = counts
        return found

    def total(self) -> int:
        """Return how many different values all cells have together."""
        return len(np.unique(self._pairs % self._count))


@lru_cache(maxsize=_REMEMBERED)
def _numbered(values: tuple[str | None, ...]) -> tuple[Ints, int]:
    """Return a number for each value, -1 for none, and how many there are, at least 1.

    Questions about the same contexts, and each period of one, have the same.
    """
    numbers: dict[str | None, int] = {None: -1}
    found = np.array([numbers.setdefault(value, len(numbers) - 1) for value in values], np.int64)
    return found, max(len(numbers) - 1, 1)
