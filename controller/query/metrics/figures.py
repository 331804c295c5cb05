"""The numbers of an answer: for each point in time and each group, counts and distributions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from controller.query.metrics.catalog import Measure
from controller.query.metrics.distributions import Distribution
from controller.query.metrics.failures import Failure
from controller.query.metrics.parameters import Period
from loadcell.stats.columns import Floats, Ints

Group = tuple[str | None, ...]
"""Values of the dimensions that were asked for, in their order."""

_MICROS = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """Cells with at least one request, in the order of time, then of groups.

    Attributes:
        time: beginning of the point of each cell, microseconds since 1970; that of the period for one point.
        group: position in `groups` of each cell.
        groups: the groups, in their order.
        ok: successful requests of each cell.
        errors: failed requests of each cell.
        distributions: by metric.
        uniques: different values of user_id and session_id.
        seconds: time each cell stands for, as far as it is in the period.
        failures: of all cells, by number of ErrorClass; empty when not asked for.
        data_source: aggregate or raw.
    """

    time: Ints
    group: Ints
    groups: list[Group]
    ok: Ints
    errors: Ints
    distributions: Mapping[str, Distribution]
    uniques: Mapping[str, Ints]
    seconds: Floats
    failures: Mapping[int, Failure]
    data_source: str

    @property
    def requests(self) -> Ints:
        """Requests of each cell."""
        return self.ok + self.errors

    def measure(self, measure: Measure) -> Floats:
        """Return the value of a measure in every cell, NaN where it is not defined."""
        name = measure.metric.name
        if name in self.distributions:
            return self.distributions[name].aggregate(measure.aggregation)
        found: Floats = _OF_COUNTS[name](self)
        return found


_OF_COUNTS: dict[str, Callable[[Figures], Floats]] = {
    "request_count": lambda f: f.requests.astype(np.float64),
    "error_count": lambda f: f.errors.astype(np.float64),
    "success_count": lambda f: f.ok.astype(np.float64),
    "error_rate": lambda f: f.errors / f.requests,
    "success_rate": lambda f: f.ok / f.requests,
    "throughput": lambda f: f.requests / f.seconds,
    "unique_users": lambda f: f.uniques["user_id"].astype(np.float64),
    "unique_sessions": lambda f: f.uniques["session_id"].astype(np.float64),
}


def seconds_within(time: Ints, width: int | None, period: Period) -> Floats:
    """Return how much of each point lies in the period; a point without a width is all of it."""
    if width is None:
        return np.full(len(time), period.seconds)
    first, last = np.maximum(time, period.start), np.minimum(time + width * _MICROS, period.end)
    # What began in the very microsecond the question was asked in has a time above zero as well.
    seconds: Floats = np.maximum(last - first, 1) / _MICROS
    return seconds
