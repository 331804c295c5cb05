"""Counting failures by their class, and between when they were."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

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
        alike: defaultdict[str, list[int]] = defaultdict(list)
        for position in wanted.tolist():
            alike[rows.classes[position]].append(position)
        for classes, positions in alike.items():
            starts = rows.start[positions]
            start, end = int(starts.min()), int((starts + rows.seconds[positions] * 1_000_000).max())
            for number, count in _counts(classes):
                self._add(number, count * len(positions), start, end)

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
