"""What a sample of n values says about the quantile of the distribution it came from.

Both statements hold for any continuous distribution of independent values. Sources: David and Nagaraja, "Order
Statistics", 3rd ed. (2003), section 7.1; Le Boudec, "Performance Evaluation of Computer and Communication
Systems" (2010), theorem 2.1 and its normal approximation.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from loadcell.stats.columns import Floats

CONFIDENCE = 0.95
# Up to here the binomial distribution is summed. Beyond it the tail above p99 holds more than 100 values and the
# normal approximation is off by a rank or two of many.
EXACT_UP_TO = 10_000
# 97.5 % quantile of the standard normal distribution.
_Z = 1.959963984540054


class Interval(NamedTuple):
    """A 95 % confidence interval in the unit of the values."""

    low: float
    high: float


class QuantileBound(NamedTuple):
    """The statement: the quantile is at most `at_most`, with this confidence (0 to 1)."""

    at_most: float
    confidence: float


def interval(ascending: Floats, q: float) -> Interval | None:
    """Return the 95 % confidence interval of the q-quantile, None when there are too few values for one."""
    ranks = interval_ranks(q, len(ascending))
    if ranks is None:
        return None
    return Interval(float(ascending[ranks[0] - 1]), float(ascending[ranks[1] - 1]))


@lru_cache(maxsize=256)
def interval_ranks(q: float, count: int) -> tuple[int, int] | None:
    """Return ranks (l, u), from 1, with P(X_(l) <= quantile < X_(u)) >= 0.95 and at most 2.5 % on either side.

    The number B of values below the q-quantile is binomial(count, q): l is the largest rank with
    P(B < l) <= 2.5 %, u the smallest with P(B < u) >= 97.5 %. None when one of them does not exist: p50 needs 6
    values, p95 needs 72, p99 needs 368.
    """
    if count > EXACT_UP_TO:
        spread = _Z * math.sqrt(count * q * (1 - q))
        low, high = math.floor(count * q - spread), math.ceil(count * q + spread) + 1
    else:
        below = binomial_cdf(q, count)  # below[k] = P(B <= k) = P(B < k + 1)
        tail = (1 - CONFIDENCE) / 2
        low = int(np.searchsorted(below, tail, side="right"))
        high = int(np.searchsorted(below, 1 - tail, side="left")) + 1
    return (low, high) if low >= 1 and high <= count else None


def binomial_cdf(q: float, count: int) -> Floats:
    """Return P(B <= k) for k = 0..count - 1; the factors are multiplied as logarithms to avoid underflow."""
    if count == 0:
        return np.zeros(0)
    k = np.arange(1, count, dtype=np.float64)
    steps = np.log((count - k + 1) / k) + math.log(q / (1 - q))
    logs = np.concatenate(([0.0], np.cumsum(steps))) + count * math.log1p(-q)
    cdf: Floats = np.cumsum(np.exp(logs))
    return cdf


def quantile_bound(maximum: float, q: float, count: int) -> QuantileBound:
    """Return what the largest of `count` values says of the q-quantile: below it with confidence 1 - q^count.

    All values lie below the quantile with probability q^count; otherwise the largest is at or above it.
    """
    return QuantileBound(maximum, 1 - q**count)
