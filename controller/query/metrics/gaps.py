"""Points nothing was measured in."""

from __future__ import annotations

import numpy as np

from controller.query.metrics.figures import Figures
from controller.query.metrics.parameters import Period
from controller.query.metrics.tally import check_points
from loadcell.errors import LoadcellError
from loadcell.stats.columns import Floats, Ints

FILLS = ("0", "previous", "interpolate")


def read_fill(text: str, *, fill_gaps: bool) -> str | None:
    """Return what gaps are filled with, None for null.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, the word is not known or gaps are not filled.
    """
    word = text.strip().lower()
    if not word:
        return None
    if word not in FILLS:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"fill_value {text[:64]!r} is not known; known: {', '.join(FILLS)}",
            field="fill_value",
        )
    if not fill_gaps:
        raise LoadcellError("INVALID_FIELD_VALUE", "fill_value is used with fill_gaps only", field="fill_value")
    return word


class Gaps:
    """All points of a period for each group that has requests.

    Raises:
        LoadcellError: LIMIT_EXCEEDED, there are too many points.
    """

    def __init__(self, figures: Figures, period: Period, width_seconds: int) -> None:
        width = width_seconds * 1_000_000
        first, last = period.start // width, (period.end - 1) // width
        points = last - first + 1
        present, position = np.unique(figures.group, return_inverse=True)
        # Without a dimension there is a series also when it is empty.
        if not len(present) and len(figures.groups) == 1:
            present = np.zeros(1, np.int64)
        self._shape = (points, len(present))
        check_points(points * len(present), "interval")
        inside = figures.time // width - first
        kept = inside < points
        self._cells = (inside * len(present) + position)[kept]
        self._kept = kept
        self.time: Ints = np.repeat((np.arange(points) + first) * width, len(present))
        self.group: Ints = np.tile(present, points)

    def fill(self, values: Floats, how: str | None) -> Floats:
        """Return the values of all points; those of gaps are NaN, or as FILLS says.

        Before the first value of a group there is no previous one, and outside of its values no interpolation.
        """
        filled = np.full(self._shape[0] * self._shape[1], 0.0 if how == "0" else np.nan)
        filled[self._cells] = values[self._kept]
        if how in {"previous", "interpolate"}:
            present = np.zeros(len(filled), np.bool_)
            present[self._cells] = True
            table, held = filled.reshape(self._shape), present.reshape(self._shape)
            for series in range(self._shape[1]):
                known = np.flatnonzero(held[:, series])
                gaps = np.flatnonzero(~held[:, series])
                table[gaps, series] = _between(table[:, series], known, gaps, how)
        return filled


def _between(series: Floats, known: Ints, gaps: Ints, how: str) -> Floats:
    if not len(known):
        return np.full(len(gaps), np.nan)
    if how == "interpolate":
        return np.interp(gaps, known, series[known], left=np.nan, right=np.nan)
    before = np.searchsorted(known, gaps) - 1
    return np.where(before >= 0, series[known[np.maximum(before, 0)]], np.nan)
