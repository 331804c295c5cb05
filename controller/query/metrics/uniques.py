"""Counting different values of a dimension in cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loadcell.stats.columns import Ints


class Uniques:
    """Counts the different values that the contexts of cells have; no value is none.

    Args:
        values: the value of each context, by its position.
    """

    def __init__(self, values: Sequence[str | None]) -> None:
        numbers: dict[str | None, int] = {None: -1}
        self._numbers = np.array([numbers.setdefault(value, len(numbers) - 1) for value in values], np.int64)
        self._count = max(len(numbers) - 1, 1)
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
