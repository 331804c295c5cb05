"""Distributions of the values in cells: added up from rollups, or of single requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from controller.query.metrics.catalog import PERCENTS, Source
from controller.query.metrics.tally import Sums
from loadcell.stats.columns import Floats, Ints


class Distribution(Protocol):
    """Values of a metric in each of some cells."""

    def aggregate(self, name: str) -> Floats:
        """Return an aggregation of catalog.AGGREGATIONS of every cell, NaN where it is not defined."""


@dataclass(frozen=True, slots=True, eq=False)
class Sketched:
    """Values that were added up when they were written.

    Percentiles, and extremes that no column has, are at most 0.5 % off.
    """

    source: Source
    sums: Sums

    def aggregate(self, name: str) -> Floats:
        """Return an aggregation of every cell; the columns it needs must have been read."""
        if name in PERCENTS:
            return self._quantile(PERCENTS[name] / 100)
        kinds: dict[str, Callable[[], Floats]] = {
            "sum": self._sum,
            "count": self._count,
            "avg": lambda: _divided(self._sum(), self._count()),
            "min": lambda: self._extreme(0, 1e-12),
            "max": lambda: self._extreme(1, 1.0),
        }
        return kinds[name]()

    def _sum(self) -> Floats:
        sums: Floats = self.sums.columns[self.source.sum] / self.source.unit
        return sums

    def _count(self) -> Floats:
        if self.source.count is not None:
            return self.sums.columns[self.source.count].astype(np.float64)
        return self.sums.sketch(str(self.source.sketch)).counts.astype(np.float64)

    def _extreme(self, which: int, q: float) -> Floats:
        if self.source.extremes is None:
            return self._quantile(q)
        found = self.sums.columns[self.source.extremes[which]]
        return np.where(found < 0, np.nan, found / self.source.unit)

    def _quantile(self, q: float) -> Floats:
        found: Floats = self.sums.sketch(str(self.source.sketch)).quantiles([q])[:, 0]
        return found / self.source.unit


class Exact:
    """Values of single requests.

    Args:
        values: of all of them, in the unit of their columns.
        cells: the cell of each.
        count: number of cells.
        unit: what one of the metric is in these values.
    """

    def __init__(self, values: Ints, cells: Ints, count: int, unit: int) -> None:
        order = np.lexsort((values, cells))
        self._values, self._unit = values[order], unit
        self._counts = np.bincount(cells, minlength=count)
        self._ends = np.cumsum(self._counts)

    def aggregate(self, name: str) -> Floats:
        """Return an aggregation of every cell, percentiles by nearest rank."""
        counts = self._counts
        match name:
            case "count":
                return counts.astype(np.float64)
            case "sum":
                return self._sums()
            case "avg":
                return _divided(self._sums(), counts)
            case "min":
                return self._at_rank(np.ones_like(counts))
            case "max":
                return self._at_rank(counts)
            case _:
                return self._at_rank(-(-counts * PERCENTS[name] // 100))

    def _sums(self) -> Floats:
        before = np.concatenate(([0], np.cumsum(self._values)))
        sums: Floats = (before[self._ends] - before[self._ends - self._counts]) / self._unit
        return sums

    def _at_rank(self, ranks: Ints) -> Floats:
        found = np.full(len(ranks), np.nan)
        filled = self._counts > 0
        at = (self._ends - self._counts + ranks - 1)[filled]
        found[filled] = self._values[at] / self._unit
        return found


def _divided(sums: Floats, counts: Floats | Ints) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(counts > 0, sums / counts, np.nan)
