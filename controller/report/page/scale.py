"""Axes of charts: where a value stands, and which values are named. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_TICKS = 5  # about so many on an axis
_STEPS = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from `low` to `high`, of equal steps or of equal ratios.

    Attributes:
        low: Value at the beginning, above zero where ratios are equal.
        high: Value at the end, above `low`.
        ticks: Values that are named, all of them on the axis.
        logarithmic: Whether ratios are equal.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """Return where a value stands: 0 at the beginning, 1 at the end, and never beyond."""
        if self.logarithmic:
            place = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            place = (value - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, place))


def linear(values: Iterable[float], *, from_zero: bool = True) -> Scale:
    """Return an axis of equal steps that holds all finite values."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if from_zero:
        low, high = min(0.0, low), max(0.0, high)
    if high <= low:
        high = low + (abs(low) or 1.0)
    step = _step((high - low) / _TICKS)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return Scale(first * step, last * step, tuple(number * step for number in range(first, last + 1)))


def logarithmic(values: Iterable[float]) -> Scale:
    """Return an axis of equal ratios that holds all finite values above zero; of equal steps without any."""
    positive = [value for value in values if math.isfinite(value) and value > 0]
    if not positive:
        return linear([])
    # Around a single value, too, there is something on both sides.
    low, high = _below(min(positive)), _above(max(positive))
    if high <= low:
        low, high = low / 2, high * 2
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1.0, 2.0, 5.0) if len(decades) <= 3 else (1.0,)
    named = (factor * 10.0**decade for decade in decades for factor in factors)
    ticks = tuple(tick for tick in named if low * 0.999 <= tick <= high * 1.001)
    return Scale(low, high, ticks or (low, high), logarithmic=True)


def tick_text(value: float) -> str:
    """Return how a value is named at an axis."""
    size = abs(value)
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size >= limit:
            unit = 1e3 if letter == "k" else limit
            return f"{value / unit:.4g}{letter}"
    return f"{value:.4g}"


def _step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step for step in _STEPS if step * power >= rough * 0.999) * power


def _below(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value) + 1e-9)
    return max(step for step in _STEPS if step * power <= value * 1.001) * power


def _above(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value) + 1e-9)
    return next((step for step in _STEPS if step * power >= value * 0.999), 10.0) * power
