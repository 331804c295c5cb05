"""A mergeable histogram with logarithmic buckets and a relative error of at most 0.5 %.

DDSketch (Masson, Rim, Lee: "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error
Guarantees", PVLDB 12(12), 2019): a value v > 0 falls in bucket i = ceil(log(v) / log(gamma)) with
gamma = (1 + a) / (1 - a); answering 2 * gamma^i / (gamma + 1) for every value of the bucket is wrong by at most
the share a. Counts and sums are integers, so merging is exact in whatever order it happens.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from loadcell.stats.columns import Floats, Ints
from loadcell.stats.quantiles import nearest_rank

ACCURACY = 0.005
GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
# Every finite float64 above zero has a bucket within this distance of 0.
MAX_BUCKET = 80_000
_LOG_GAMMA = math.log(GAMMA)


def _no_ints() -> Ints:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Distribution of values in microseconds; values at or below zero are counted as zero.

    `buckets` is ascending and `counts` (all above zero) belongs to it. `sum` (microseconds) and `sum_squares` were
    rounded to whole numbers once per `bucket_counts` call. `min` and `max` are exact, 0 when empty.
    """

    zero_count: int = 0
    buckets: Ints = field(default_factory=_no_ints)
    counts: Ints = field(default_factory=_no_ints)
    sum: int = 0
    sum_squares: int = 0
    min: float = 0.0
    max: float = 0.0

    @property
    def count(self) -> int:
        """Number of values."""
        return self.zero_count + int(self.counts.sum())

    @property
    def mean(self) -> float | None:
        """Arithmetic mean, None when empty."""
        count = self.count
        if not count:
            return None
        return min(max(self.sum / count, self.min), self.max)

    @property
    def std(self) -> float | None:
        """Population standard deviation, None when empty."""
        count = self.count
        if not count:
            return None
        # In integers: the difference of two large and nearly equal numbers would lose its digits in floats.
        return math.sqrt(max(0, self.sum_squares * count - self.sum * self.sum)) / count

    def at_rank(self, rank: int) -> float:
        """Return the value of a rank, 1 to `count`, with a relative error of at most 0.5 %."""
        if rank <= self.zero_count:
            return max(0.0, self.min)
        cumulated = self.zero_count + np.cumsum(self.counts)
        position = int(np.searchsorted(cumulated, rank))
        [value] = _middles(self.buckets[position : position + 1])
        return float(min(max(value, self.min), self.max))

    def quantile(self, q: float) -> float | None:
        """Return the q-quantile (0 < q <= 1) by nearest rank, None when empty."""
        count = self.count
        return self.at_rank(nearest_rank(q, count)) if count else None

    def cumulative(self, bounds: Sequence[float]) -> list[int]:
        """Return for each bound the number of values at or below it, as Prometheus `le` buckets want it.

        A bucket counts as a whole, by its middle value; the bound of a value may be off by 0.5 %.
        """
        limits = np.asarray(bounds, np.float64)
        cumulated = np.concatenate(([0], np.cumsum(self.counts)))
        below = cumulated[np.searchsorted(_middles(self.buckets), limits, side="right")]
        below = np.where(limits >= self.max, cumulated[-1], below) + np.where(limits >= 0, self.zero_count, 0)
        return [int(n) for n in below]


def bucket_counts(values_micros: Floats, weights: Ints | None = None) -> Histogram:
    """Count values (microseconds, finite) into a histogram, each `weights` (>= 0, default 1) times.

    Raises:
        ValueError: A value is not finite or a weight is negative.
    """
    values = np.maximum(np.asarray(values_micros, np.float64), 0.0)
    if weights is not None:
        weights = np.asarray(weights, np.int64)
        if len(weights) and weights.min() < 0:
            raise ValueError("weights must not be negative")
        values, weights = values[weights > 0], weights[weights > 0]
    if not len(values):
        return Histogram()
    # Not by `@`: above some thousand values that wakes BLAS threads, which then spin beside the load generator.
    weighted = values if weights is None else values * weights
    total, squares = float(weighted.sum()), float((weighted * values).sum())
    if not math.isfinite(squares):
        raise ValueError("values must be finite and below 1e154")
    positive = values > 0
    counted = np.ones(len(values), np.int64) if weights is None else weights
    buckets, counts = _tally(bucket_numbers(values[positive]), counted[positive])
    return Histogram(
        zero_count=int(counted[~positive].sum()),
        buckets=buckets,
        counts=counts,
        sum=round(total),
        sum_squares=round(squares),
        min=float(values.min()),
        max=float(values.max()),
    )


def bucket_numbers(values: Floats) -> Ints:
    """Return the bucket of each value above zero."""
    return np.ceil(np.log(values) / _LOG_GAMMA).astype(np.int64)


def merge(histograms: Iterable[Histogram]) -> Histogram:
    """Return the histogram of all values of all histograms; the order does not matter."""
    parts = [h for h in histograms if h.count]
    if not parts:
        return Histogram()
    if len(parts) == 1:
        return parts[0]
    buckets, counts = _tally(np.concatenate([p.buckets for p in parts]), np.concatenate([p.counts for p in parts]))
    return Histogram(
        zero_count=sum(p.zero_count for p in parts),
        buckets=buckets,
        counts=counts,
        sum=sum(p.sum for p in parts),
        sum_squares=sum(p.sum_squares for p in parts),
        min=min(p.min for p in parts),
        max=max(p.max for p in parts),
    )


def _middles(buckets: Ints) -> Floats:
    """Return the value that stands for all those of a bucket, for each bucket."""
    # log1p/exp form: GAMMA ** bucket overflows one bucket earlier than the value it stands for.
    middles: Floats = np.exp(buckets * _LOG_GAMMA + math.log(2 / (1 + GAMMA)))
    return middles


def _tally(buckets: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Add up the counts of equal buckets and return them in ascending order."""
    if not len(buckets):
        return _no_ints(), _no_ints()
    lowest = int(buckets.min())
    dense = np.zeros(int(buckets.max()) - lowest + 1, np.int64)
    np.add.at(dense, buckets - lowest, counts)
    used = np.flatnonzero(dense)
    return used + lowest, dense[used]
