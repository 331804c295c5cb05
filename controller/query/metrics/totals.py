"""Measures that summaries are made of, and single numbers out of figures."""

from __future__ import annotations

import math

from controller.query.metrics.catalog import METRICS, Measure
from controller.query.metrics.figures import Figures


def measure(name: str, aggregation: str) -> Measure:
    """Return a measure by its names."""
    return Measure(METRICS[name], aggregation)


def value(figures: Figures, name: str, aggregation: str) -> float | None:
    """Return a measure of the only cell, None where it is not defined or there are no requests."""
    if not len(figures.time):
        return None
    found = float(figures.measure(measure(name, aggregation))[0])
    return None if math.isnan(found) else found


def whole(figures: Figures, name: str, aggregation: str) -> int:
    """Return a count or a sum of the only cell, 0 without requests."""
    return int(value(figures, name, aggregation) or 0)
