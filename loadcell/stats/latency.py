"""Folds a set of latencies in microseconds into a summary in milliseconds (measurement.md, section 3)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from loadcell.stats.columns import Floats, Ints
from loadcell.stats.intervals import Interval, QuantileBound, interval, interval_ranks, quantile_bound
from loadcell.stats.quantiles import has_enough_values, nearest_rank, quantile, quantile_with_failures
from loadcell.stats.sketch import Histogram

MICROS_PER_MS = 1000.0


@dataclass(frozen=True, slots=True)
class ErrorInclusive:
    """Percentiles in milliseconds with failures as +infinity; None means infinite or too few requests."""

    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    p999: float | None
    count: int
    finite_share: float


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """Milliseconds; None where not defined. `std` is the population standard deviation."""

    count: int = 0
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    std: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    p999: float | None = None
    p50_ci: Interval | None = None
    p95_ci: Interval | None = None
    p99_ci: Interval | None = None
    p99_bound: QuantileBound | None = None
    p999_bound: QuantileBound | None = None
    with_errors: ErrorInclusive | None = None
    approximate: bool = False


def summarize(values_micros: Ints | Floats, failures: int | None = None) -> LatencySummary:
    """Return the summary of exact values.

    Args:
        values_micros: One value per successful request, in any order.
        failures: Number of failed requests for the error-inclusive view; None leaves that view out.
    """
    ascending: Floats = np.sort(values_micros.astype(np.float64)) / MICROS_PER_MS
    inclusive = None if failures is None else _with_errors(ascending, failures)
    count = len(ascending)
    if not count:
        return LatencySummary(with_errors=inclusive)
    largest = float(ascending[-1])
    return LatencySummary(
        count=count,
        min=float(ascending[0]),
        max=largest,
        mean=float(ascending.mean()),
        std=float(ascending.std()),
        p50=quantile(ascending, 0.5),
        p90=quantile(ascending, 0.9),
        p95=quantile(ascending, 0.95),
        p99=quantile(ascending, 0.99),
        p999=quantile(ascending, 0.999),
        p50_ci=interval(ascending, 0.5),
        p95_ci=interval(ascending, 0.95),
        p99_ci=interval(ascending, 0.99),
        p99_bound=_bound(largest, 0.99, count),
        p999_bound=_bound(largest, 0.999, count),
        with_errors=inclusive,
    )


def summarize_histogram(histogram: Histogram) -> LatencySummary:
    """Return the summary of a histogram, marked approximate.

    It carries no confidence intervals or bounds: histograms hold the gaps inside requests, which depend on one
    another, while those statements need independent values.
    """
    return _of_histogram(histogram, MICROS_PER_MS)


def summarize_sketch(
    histogram: Histogram, failures: int | None = None, *, per_ms: float = MICROS_PER_MS
) -> LatencySummary:
    """Return the summary of one value for each request, known by a histogram; it is marked approximate.

    Args:
        histogram: The values of successful requests.
        failures: Number of failed requests for the error-inclusive view; None leaves that view out.
        per_ms: How many units of the values make a millisecond.
    """
    count = histogram.count

    def at(rank: int) -> float:
        return histogram.at_rank(rank) / per_ms

    def at_most(q: float) -> QuantileBound | None:
        return _bound(histogram.max / per_ms, q, count) if count else None

    def interval_of(q: float) -> Interval | None:
        ranks = interval_ranks(q, count)
        return None if ranks is None else Interval(at(ranks[0]), at(ranks[1]))

    def inclusive(q: float) -> float | None:
        both = count + (failures or 0)
        rank = nearest_rank(q, both)
        return at(rank) if has_enough_values(q, both) and rank <= count else None

    with_errors = None
    if failures is not None and count + failures:
        with_errors = ErrorInclusive(
            p50=inclusive(0.5),
            p90=inclusive(0.9),
            p95=inclusive(0.95),
            p99=inclusive(0.99),
            p999=inclusive(0.999),
            count=count + failures,
            finite_share=count / (count + failures),
        )
    return replace(
        _of_histogram(histogram, per_ms),
        p50_ci=interval_of(0.5),
        p95_ci=interval_of(0.95),
        p99_ci=interval_of(0.99),
        p99_bound=at_most(0.99),
        p999_bound=at_most(0.999),
        with_errors=with_errors,
    )


def _of_histogram(histogram: Histogram, per_ms: float) -> LatencySummary:
    count = histogram.count
    if not count:
        return LatencySummary(approximate=True)

    def percentile(q: float) -> float | None:
        if not has_enough_values(q, count):
            return None
        return histogram.at_rank(nearest_rank(q, count)) / per_ms

    mean, std = histogram.mean, histogram.std
    return LatencySummary(
        count=count,
        min=histogram.min / per_ms,
        max=histogram.max / per_ms,
        mean=None if mean is None else mean / per_ms,
        std=None if std is None else std / per_ms,
        p50=percentile(0.5),
        p90=percentile(0.9),
        p95=percentile(0.95),
        p99=percentile(0.99),
        p999=percentile(0.999),
        approximate=True,
    )


def _bound(largest: float, q: float, count: int) -> QuantileBound | None:
    return None if has_enough_values(q, count) else quantile_bound(largest, q, count)


def _with_errors(ascending: Floats, failures: int) -> ErrorInclusive | None:
    count = len(ascending) + failures
    if not count:
        return None
    return ErrorInclusive(
        p50=quantile_with_failures(ascending, failures, 0.5),
        p90=quantile_with_failures(ascending, failures, 0.9),
        p95=quantile_with_failures(ascending, failures, 0.95),
        p99=quantile_with_failures(ascending, failures, 0.99),
        p999=quantile_with_failures(ascending, failures, 0.999),
        count=count,
        finite_share=len(ascending) / count,
    )
