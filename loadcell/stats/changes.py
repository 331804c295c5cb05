"""How figures change from one period to the next, in percent."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def change_percent(previous: float, current: float) -> float:
    """Return by how many percent a figure (>= 0) rose, negative if it fell.

    A rise from nothing has no percentage; by convention it is 100, and nothing after nothing is 0.
    """
    if previous == 0:
        return 100.0 if current > 0 else 0.0
    return (current - previous) / previous * 100


def growth_percent(periods: ArrayLike) -> float | None:
    """Return by how many percent a figure (>= 0) grew from each period to the next, None with fewer than two.

    This is the sum of all changes over the sum of the figures they start from: exact for a steady growth, defined
    when some periods are zero, and not driven up by figures that only go up and down. The convention of
    `change_percent` holds where all periods but the last are zero.
    """
    figures = np.asarray(periods, np.float64)
    if len(figures) < 2:
        return None
    starts = float(figures[:-1].sum())
    return change_percent(starts, float(figures[1:].sum()))
