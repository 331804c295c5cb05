"""Periods of budgets: whole days in UTC, given by the numbers of their days since 1970."""

from __future__ import annotations

from datetime import date, timedelta

from controller.query.costs.days import monday

_EPOCH = date(1970, 1, 1)
_MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}
_YEAR = 12
PERIODS = ("daily", "weekly", *_MONTHS)


def period_of(kind: str, day: int) -> range:
    """Return the days of the period of a kind that has a day."""
    if kind == "daily":
        return range(day, day + 1)
    if kind == "weekly":
        return range(monday(day), monday(day) + 7)
    there, length = _EPOCH + timedelta(days=day), _MONTHS[kind]
    months = there.year * _YEAR + there.month - 1
    first = months - months % length
    return range(_first_day(first), _first_day(first + length))


def latest_periods(kind: str, day: int, count: int) -> list[range]:
    """Return the period of a day and those before it, newest first, as many as are wanted and the calendar has."""
    found = [period_of(kind, day)]
    while len(found) < count:
        found.append(period_of(kind, found[-1].start - 1))
    return found


def _first_day(months: int) -> int:
    """Return the first day of a month, given by its number since the year 0."""
    return (date(months // _YEAR, months % _YEAR + 1, 1) - _EPOCH).days
