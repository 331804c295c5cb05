"""Counting failures by their class, and between when they were."""

from __future__ import annotations

import json
from dataclasses import dataclass

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
        """Add the rows at some positions; each lasts for `rows.seconds`."""
        for position in wanted.tolist():
            if rows.classes[position] == "{}":
                continue
            start = int(rows.start[position])
            for name, count in json.loads(rows.classes[position]).items():
                self._add(int(name), count, start, start + rows.seconds * 1_000_000)

    def _add(self, number: int, count: int, start: int, end: int) -> None:
        known = self.by_class.get(number)
        if known is None:
            self.by_class[number] = Failure(count, start, end)
            return
        known.count += count
        known.start, known.end = min(known.start, start), max(known.end, end)
