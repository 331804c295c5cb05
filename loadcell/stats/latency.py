"""Folds a set of latencies in microseconds into a summary in milliseconds (measurement.md, section 3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loadcell.stats.columns import Floats, Ints
from loadcell.stats.intervals import Interval, QuantileBound, interval, quantile_bound
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
    count = histogram.count
    if not count:
        return LatencySummary(approximate=True)

    def percentile(q: float) -> float | None:
        if not has_enough_values(q, count):
            return None
        return histogram.at_rank(nearest_rank(q, count)) / MICROS_PER_MS

    mean, std = histogram.mean, histogram.std
    return LatencySummary(
        count=count,
        min=histogram.min / MICROS_PER_MS,
        max=histogram.max / MICROS_PER_MS,
        mean=None if mean is None else mean / MICROS_PER_MS,
        std=None if std is None else std / MICROS_PER_MS,
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
