"""Counting failures by their class, and between when they were."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from controller.query.metrics.rows import RollupRows
from loadcell.stats.columns import Ints


@dataclass(slots=True)
class Failure:
    """Failures of one class: how many, and a range of time (microseconds since 1970) that has all of them."""

    count: int
    start: int
    end: int


class Failures:
    """Adds up failures by number of ErrorClass."""

    def __init__(self) -> None:
        self.by_class: dict[int, Failure] = {}

    def add(self, rows: RollupRows, wanted: Ints) -> None:
        """Add the rows at some positions."""
        if not len(wanted):
            return
        # Most rollups have one of few texts: these are looked at once, and the rest is arrays.
        texts = [rows.classes[at] for at in wanted.tolist()]
        numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        alike = np.fromiter(map(numbers.__getitem__, texts), np.int64, len(texts))
        starts = rows.start[wanted]
        ends = starts + rows.seconds[wanted] * 1_000_000
        firsts, lasts = np.full(len(numbers), starts.max()), np.full(len(numbers), ends.min())
        np.minimum.at(firsts, alike, starts)
        np.maximum.at(lasts, alike, ends)
        times = zip(np.bincount(alike).tolist(), firsts.tolist(), lasts.tolist(), strict=True)
        for classes, (count, start, end) in zip(numbers, times, strict=True):
            for number, each in _counts(classes):
                self._add(number, each * count, start, end)

    def _add(self, number: int, count: int, start: int, end: int) -> None:
        known = self.by_class.get(number)
        if known is None:
            self.by_class[number] = Failure(count, start, end)
            return
        known.count += count
        known.start, known.end = min(known.start, start), max(known.end, end)


@lru_cache(maxsize=4_096)
def _counts(classes: str) -> tuple[tuple[int, int], ...]:
    """Return the numbers and counts of a JSON object; most rollups have one of few."""
    return tuple((int(name), count) for name, count in json.loads(classes).items())
