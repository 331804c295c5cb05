"""Days and weeks (UTC) by their numbers since 1970, and how costs go from one to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from controller.query.costs.question import Spent
from controller.query.metrics.parameters import DAY_MICROS, Period

_EPOCH = date(1970, 1, 1)
_MONDAY = 3  # 1970 began on a Thursday: weeks begin this many days earlier
_WEEK = 7


def days_of(period: Period) -> range:
    """Return the days that a period touches."""
    return range(period.start // DAY_MICROS, -(-period.end // DAY_MICROS))


def whole_days(period: Period) -> range:
    """Return the days that lie in a period from beginning to end."""
    return range(-(-period.start // DAY_MICROS), period.end // DAY_MICROS)


def spell(day: int) -> str:
    """Return the date of a day: 2026-01-31."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def monday(day: int) -> int:
    """Return the day that the week of a day began on."""
    return day - (day + _MONDAY) % _WEEK


def by_week(days: Mapping[int, Spent]) -> dict[int, Spent]:
    """Return the sums of weeks by the days they began on."""
    weeks: dict[int, Spent] = {}
    for day, spent in days.items():
        weeks[monday(day)] = weeks.get(monday(day), Spent()) + spent
    return weeks


def whole_weeks(days: range) -> range:
    """Return the first days of the weeks that lie in `days` from beginning to end."""
    return range(monday(days.start + _WEEK - 1), days.stop - _WEEK + 1, _WEEK)


def change_percent(days: Mapping[int, Spent], whole: range, length: int) -> float | None:
    """Return by how many percent the last `length` whole days cost more than those before, negative for less.

    None without enough whole days, or where those before cost nothing.
    """
    if len(whole) < 2 * length:
        return None
    before, last = (
        sum(days[day].total for day in part if day in days)
        for part in (whole[-2 * length : -length], whole[-length:])
    )
    return (last - before) / before * 100 if before else None


def growth_percent(amounts: Sequence[int]) -> float | None:
    """Return the slope of the line of least squares through amounts over their mean, in percent a step.

    None with fewer than two amounts, or where all are zero.
    """
    total = sum(amounts)
    if len(amounts) < 2 or not total:
        return None
    steps = np.arange(len(amounts)) - (len(amounts) - 1) / 2
    slope = float((steps * np.asarray(amounts, np.float64)).sum() / (steps * steps).sum())
    return slope / (total / len(amounts)) * 100
