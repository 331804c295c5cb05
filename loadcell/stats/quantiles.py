"""Exact quantiles: order statistics by nearest rank, never interpolated.

The q-quantile of n values is the ceil(q * n)-th smallest (Hyndman and Fan 1996, definition 1), so every quantile
is a value that was really observed, and failures counted as +infinity stay infinite instead of being averaged in.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np

from loadcell.stats.columns import Floats

# With fewer values a tail quantile is only the maximum in disguise, so it is not reported.
MINIMUM_COUNTS = {0.99: 100, 0.999: 1000}


@lru_cache(maxsize=64)
def _fraction(q: float) -> Fraction:
    return Fraction(str(q))


def nearest_rank(q: float, count: int) -> int:
    """Return the rank, from 1, of the q-quantile (0 < q <= 1) among `count` >= 1 values.

    Computed on the decimal value of `q`: in binary floating point 0.07 * 100 is above 7 and would give rank 8.
    """
    numerator, denominator = _fraction(q).as_integer_ratio()
    return max(1, -(-numerator * count // denominator))


def has_enough_values(q: float, count: int) -> bool:
    """Tell whether `count` values support the q-quantile: p99 needs 100, p99.9 needs 1,000, others one."""
    return count >= MINIMUM_COUNTS.get(q, 1)


def quantile(ascending: Floats, q: float) -> float | None:
    """Return the q-quantile of values in ascending order, or None when there are too few of them."""
    count = len(ascending)
    if not has_enough_values(q, count):
        return None
    return float(ascending[nearest_rank(q, count) - 1])


def quantile_with_failures(ascending: Floats, failures: int, q: float) -> float | None:
    """Return the q-quantile when `failures` further requests count as +infinity.

    None means infinite, or too few values and failures together.
    """
    count = len(ascending) + failures
    if not has_enough_values(q, count):
        return None
    rank = nearest_rank(q, count)
    return float(ascending[rank - 1]) if rank <= len(ascending) else None


def median(values: Floats) -> float | None:
    """Return the lower median of unsorted values, or None without values."""
    return quantile(np.sort(values), 0.5)
