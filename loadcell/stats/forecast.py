"""Forecasts a daily figure, such as cost: a straight line through the past days and how far the next may lie off.

Sources: Montgomery, Peck, Vining, "Introduction to Linear Regression Analysis", 5th ed. (2012), sections 2.5 for
the prediction interval of a new observation and 2.6 for R2; Abramowitz and Stegun, "Handbook of Mathematical
Functions" (1964), 26.7.3 and 26.7.4 for Student's t. The intervals assume days that scatter independently and
alike around the line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from loadcell.stats.columns import Floats

CONFIDENCE = 0.95
# A line always meets two points; the third tells how far it is off.
MINIMUM_DAYS = 3
# Halvings of the angle until it cannot change any more.
_BISECTIONS = 64


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Figures of the days after the last known one, in the unit of the past, never below zero.

    `low` and `high` are the ends of the 95 % prediction interval of each day. `r_squared` is the share of the
    variance that the line explains, 1 for days that are all the same. `mape_percent` is the mean absolute
    percentage error of the line over the past days that are not zero, None when all are.
    """

    values: Floats
    low: Floats
    high: Floats
    r_squared: float
    mape_percent: float | None


def dense_days(days: ArrayLike, values: ArrayLike, first_day: int, last_day: int) -> Floats:
    """Return one value for each day from `first_day` to `last_day`: the sum of its values, 0 where there are none.

    A day without requests cost nothing; left out, it would let the line rise too steeply. Days (numbers, in any
    order) outside the range are ignored.
    """
    numbers, amounts = np.asarray(days, np.int64), np.asarray(values, np.float64)
    inside = (numbers >= first_day) & (numbers <= last_day)
    dense = np.zeros(last_day - first_day + 1)
    np.add.at(dense, numbers[inside] - first_day, amounts[inside])
    return dense


def forecast(past: ArrayLike, days: int) -> Forecast:
    """Extend a line of least squares through `past` (one finite value a day, none missing) by a number of days.

    Raises:
        ValueError: Fewer than 3 past days, a value that is not finite, or fewer than 1 day ahead.
    """
    actual = np.asarray(past, np.float64)
    count = len(actual)
    if count < MINIMUM_DAYS or days < 1:
        raise ValueError(
            f"a forecast needs at least {MINIMUM_DAYS} past days and 1 day ahead, got {count} and {days}"
        )
    if not np.isfinite(actual).all():
        raise ValueError("past days must be finite")
    offsets = np.arange(count) - (count - 1) / 2
    mean, spread = float(actual.mean()), float((offsets * offsets).sum())
    slope = float((offsets * (actual - mean)).sum()) / spread
    residuals = actual - (mean + slope * offsets)
    squares = float((residuals * residuals).sum())
    ahead = offsets[-1] + np.arange(1, days + 1)
    line = mean + slope * ahead
    error = np.sqrt(squares / (count - 2) * (1 + 1 / count + ahead * ahead / spread))
    margin = student_t_quantile((1 + CONFIDENCE) / 2, count - 2) * error
    return Forecast(
        values=np.maximum(line, 0.0),
        low=np.maximum(line - margin, 0.0),
        high=np.maximum(line + margin, 0.0),
        r_squared=_r_squared(actual, squares),
        mape_percent=_mape_percent(actual, residuals),
    )


def _r_squared(actual: Floats, residual_squares: float) -> float:
    deviations = actual - actual.mean()
    squares = float((deviations * deviations).sum())
    # The mean of equal values may be off by a rounding error, which is nothing to explain.
    if actual.min() == actual.max() or not squares:
        return 1.0
    return max(0.0, 1 - residual_squares / squares)


def _mape_percent(actual: Floats, residuals: Floats) -> float | None:
    known = actual != 0
    return float(np.abs(residuals[known] / actual[known]).mean()) * 100 if known.any() else None


@lru_cache(maxsize=512)
def student_t_quantile(p: float, degrees: int) -> float:
    """Return the value that Student's t with `degrees` >= 1 of freedom stays below with probability p.

    Precise to 1e-9 of its value for p from 0.001 to 0.999.

    Raises:
        ValueError: p is not between 0 and 1, or `degrees` is below 1.
    """
    if not 0 < p < 1 or degrees < 1:
        raise ValueError(f"p must be between 0 and 1 and degrees of freedom at least 1, got {p} and {degrees}")
    central = abs(2 * p - 1)
    low, high = 0.0, math.pi / 2
    for _ in range(_BISECTIONS):
        angle = (low + high) / 2
        low, high = (angle, high) if _central_probability(angle, degrees) < central else (low, angle)
    return math.copysign(math.sqrt(degrees) * math.tan(low), p - 0.5)


def _central_probability(angle: float, degrees: int) -> float:
    """Return P(|t| < sqrt(degrees) * tan(angle)), a finite sum for whole degrees of freedom."""
    sine, cosine = math.sin(angle), math.cos(angle)
    if degrees % 2:
        # 1, 2/3, 2/3 * 4/5, ... times cos, cos^3, cos^5, ...
        twos = np.arange(2, degrees - 1, 2)
        terms = (
            np.cumprod(np.concatenate(([cosine], twos / (twos + 1) * cosine**2))) if degrees > 1 else np.zeros(1)
        )
        return 2 / math.pi * (angle + sine * float(terms.sum()))
    # 1, 1/2, 1/2 * 3/4, ... times 1, cos^2, cos^4, ...
    ones = np.arange(1, degrees - 2, 2)
    terms = np.cumprod(np.concatenate(([1.0], ones / (ones + 1) * cosine**2)))
    return sine * float(terms.sum())
