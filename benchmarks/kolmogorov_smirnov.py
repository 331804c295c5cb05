"""The two-sample Kolmogorov-Smirnov test: have two samples the same distribution? Pure."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def distance(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Return the largest difference between the two empirical distribution functions, 0 to 1."""
    first, second = np.sort(first), np.sort(second)
    values = np.concatenate((first, second))
    below_first = np.searchsorted(first, values, side="right") / len(first)
    below_second = np.searchsorted(second, values, side="right") / len(second)
    return float(np.abs(below_first - below_second).max())


def critical_distance(first: int, second: int, *, level: float) -> float:
    """Return the distance that samples of these sizes from one distribution exceed with probability `level`.

    sqrt(-ln(level / 2) / 2) * sqrt((n + m) / (n m)): the large-sample form of Smirnov (1948), as in Knuth, The Art
    of Computer Programming, volume 2, section 3.3.1; conservative where values are tied.
    """
    return math.sqrt(-math.log(level / 2) / 2) * math.sqrt((first + second) / (first * second))
