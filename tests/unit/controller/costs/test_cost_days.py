"""Days, weeks and how costs go from one to the next."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.query.costs.days import (
    by_week,
    change_percent,
    days_of,
    growth_percent,
    monday,
    spell,
    whole_days,
    whole_weeks,
)
from controller.query.costs.question import Spent
from controller.query.metrics.parameters import DAY_MICROS, Period

DAYS = st.integers(0, 40_000)


def dates(days):
    return [date.fromisoformat(spell(day)) for day in days]


@given(DAYS)
def test_weeks_begin_on_monday(day):
    (first,) = dates([monday(day)])
    assert first.isoweekday() == 1
    assert timedelta(0) <= date(1970, 1, 1) + timedelta(day) - first < timedelta(7)


@given(DAYS, st.integers(0, 60))
def test_whole_weeks_are_those_of_seven_days(first, count):
    days = range(first, first + count)
    weeks = [monday(day) for day in days]
    assert list(whole_weeks(days)) == sorted({week for week in weeks if weeks.count(week) == 7})


@given(st.integers(0, 10 * DAY_MICROS), st.integers(1, 10 * DAY_MICROS))
def test_a_period_touches_days_and_holds_whole_ones(start, length):
    period = Period(start, start + length, 0)
    hours = range(start, start + length, max(1, length // 50))
    assert set(days_of(period)) >= {hour // DAY_MICROS for hour in hours}
    assert set(days_of(period)) - set(whole_days(period)) <= {days_of(period)[0], days_of(period)[-1]}
    for day in whole_days(period):
        assert start <= day * DAY_MICROS < (day + 1) * DAY_MICROS <= start + length


def test_sums_of_weeks_are_those_of_their_days():
    days = {day: Spent(prompt=day, completion=1, requests=2, tokens=3) for day in range(20_000, 20_030)}
    weeks = by_week(days)
    assert sum(weeks.values(), Spent()) == sum(days.values(), Spent())
    assert set(weeks) == {monday(day) for day in days}


def test_W37_growth_is_a_percentage_of_the_mean_and_not_usd_a_step():
    assert growth_percent([10, 20, 30]) == pytest.approx(50)
    assert growth_percent([10_000, 20_000, 30_000]) == pytest.approx(50)
    assert growth_percent([7, 7, 7]) == pytest.approx(0)
    assert growth_percent([7]) is None
    assert growth_percent([0, 0]) is None


@given(st.lists(st.integers(0, 10**12), min_size=2, max_size=60).filter(any))
def test_growth_is_the_slope_of_least_squares(amounts):
    slope = np.polyfit(np.arange(len(amounts)), amounts, 1)[0]
    assert growth_percent(amounts) == pytest.approx(slope / np.mean(amounts) * 100, abs=1e-6, rel=1e-6)


def test_changes_are_of_whole_days_only():
    days = {day: Spent(prompt=cost) for day, cost in enumerate([1, 10, 15, 999])}
    assert change_percent(days, range(1, 3), 1) == pytest.approx(50)
    assert change_percent(days, range(2, 3), 1) is None
    assert change_percent(days, range(4, 6), 1) is None  # from nothing
    weeks = {day: Spent(prompt=2 if day < 7 else 1) for day in range(14)}
    assert change_percent(weeks, range(14), 7) == pytest.approx(-50)
    assert change_percent(weeks, range(1, 14), 7) is None
