"""Tells whether a figure really differs between two runs, or only by chance.

Each run gives an estimate with a 95 % confidence interval; both together give the interval of their difference by
the method of variance estimates recovery (Zou and Donner, "Construction of confidence limits about effect
measures: a general approach", Statistics in Medicine 27, 2008; for shares it is method 10 of Newcombe, "Interval
estimation for the difference between independent proportions", Statistics in Medicine 17, 1998). It needs no more
than the intervals of a result document, so a comparison is the same with and without the samples, and the same
each time.

The intervals assume independent requests and cover the scatter inside a run, not what changes between runs. Of
twenty comparisons of runs that do not differ, up to one is expected to be called better or worse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from loadcell.stats.columns import Floats, Ints
from loadcell.stats.goodput import percent
from loadcell.stats.intervals import Interval, interval
from loadcell.stats.quantiles import quantile

BETTER, WORSE, NO_DIFFERENCE = "better", "worse", "no_difference"
# There is no interval to judge by: too few values, or a figure that has none.
UNKNOWN = "unknown"
# 97.5 % quantile of the standard normal distribution.
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure of one run with its 95 % confidence interval, None where there is none."""

    value: float
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """How a figure changed from the base, in its unit and in percent of the base (None for a base of zero).

    `interval` is the 95 % confidence interval of `change`; `verdict` is one of the words above.
    """

    change: float
    change_percent: float | None
    interval: Interval | None
    verdict: str


def estimate_quantile(values: Ints | Floats, q: float) -> Estimate | None:
    """Return the q-quantile of values in any order with its order-statistic interval, None with too few values."""
    ascending: Floats = np.sort(values.astype(np.float64))
    value = quantile(ascending, q)
    return None if value is None else Estimate(value, interval(ascending, q))


def estimate_share(part: int, whole: int) -> Estimate | None:
    """Return part / whole in percent with its score interval (Wilson 1927), None when the whole is zero.

    Raises:
        ValueError: The part is not between 0 and the whole.
    """
    if not 0 <= part <= whole:
        raise ValueError(f"a share of {part} of {whole} is none")
    value = percent(part, whole)
    if value is None:
        return None
    share, z2 = part / whole, _Z * _Z
    middle = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    margin = _Z * math.sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole)) / (1 + z2 / whole)
    # Rounding must not move an end past the share itself: that nothing failed is an estimate of exactly 0.
    low, high = min(100 * (middle - margin), value), max(100 * (middle + margin), value)
    return Estimate(value, Interval(max(0.0, low), min(100.0, high)))


def difference(base: Estimate, current: Estimate, *, lower_is_better: bool) -> Difference:
    """Return how `current` differs from `base`.

    It is better or worse only when the interval of the change leaves out zero.
    """
    change = current.value - base.value
    ends = _interval_of_change(base, current)
    if ends is None:
        verdict = UNKNOWN
    elif ends.low <= 0 <= ends.high:
        verdict = NO_DIFFERENCE
    else:
        verdict = BETTER if (ends.high < 0) == lower_is_better else WORSE
    return Difference(change, percent(change, base.value), ends, verdict)


def _interval_of_change(base: Estimate, current: Estimate) -> Interval | None:
    if base.interval is None or current.interval is None:
        return None
    change = current.value - base.value
    below = math.hypot(current.value - current.interval.low, base.interval.high - base.value)
    above = math.hypot(current.interval.high - current.value, base.value - base.interval.low)
    return Interval(change - below, change + above)
