"""Periods of budgets follow the calendar, in UTC."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.query.costs.budget_periods import PERIODS, latest_periods, period_of
from controller.query.costs.budgets import LATE_MICROS, Budget, periods_to_look_at, reached

DAY = 86_400_000_000
EPOCH = date(1970, 1, 1)
BUDGET = Budget("id", "shop", "b", 10_000_000_000, "daily", "percentage", 80.0, 100.0, 0, 0, is_active=True)


def calendar(kind: str, day: date) -> object:
    """What all days of one period have in common."""
    return {
        "daily": day,
        "weekly": day.isocalendar()[:2],
        "monthly": (day.year, day.month),
        "quarterly": (day.year, (day.month - 1) // 3),
        "yearly": day.year,
    }[kind]


@given(st.sampled_from(PERIODS), st.integers(0, 40_000))
def test_a_period_has_the_days_that_the_calendar_puts_together(kind, day):
    period = period_of(kind, day)
    assert day in period
    name = calendar(kind, EPOCH + timedelta(day))
    assert {calendar(kind, EPOCH + timedelta(n)) for n in period} == {name}
    assert calendar(kind, EPOCH + timedelta(period.start - 1)) != name
    assert calendar(kind, EPOCH + timedelta(period.stop)) != name


@given(st.sampled_from(PERIODS), st.integers(0, 40_000), st.integers(1, 366))
def test_latest_periods_follow_one_another(kind, day, count):
    found = latest_periods(kind, day, count)
    assert len(found) == count
    assert day in found[0]
    assert all(later.start == earlier.stop for later, earlier in pairwise(found))


@pytest.mark.parametrize(
    ("threshold_type", "warning", "critical", "costs"),
    [
        ("percentage", 80.0, 100.0, (8_000_000_000, 10_000_000_000)),
        ("absolute", 2.5, 12.0, (2_500_000_000, 12 * 10**9)),
    ],
)
def test_thresholds_are_reached_exactly(threshold_type, warning, critical, costs):
    budget = replace(BUDGET, threshold_type=threshold_type, warning_threshold=warning, critical_threshold=critical)
    now = 20_000 * DAY + DAY // 2
    for cost, severities in (
        (costs[0] - 1, []),
        (costs[0], ["warning"]),
        (costs[1] - 1, ["warning"]),
        (costs[1], ["warning", "critical"]),
    ):
        found = list(reached([budget], {"shop": {20_000: cost, 19_999: 10**15}, "other": {20_000: 10**15}}, now))
        assert [one.severity for one in found] == severities
        assert {one.period_start for one in found} <= {20_000 * DAY}


def test_a_period_that_has_just_ended_is_still_looked_at_unless_the_budget_is_newer():
    midnight = 20_000 * DAY
    assert periods_to_look_at(BUDGET, midnight + LATE_MICROS - 1) == [range(19_999, 20_000), range(20_000, 20_001)]
    assert periods_to_look_at(BUDGET, midnight + LATE_MICROS) == [range(20_000, 20_001)]
    new = replace(BUDGET, created_at=midnight)
    assert periods_to_look_at(new, midnight + 1) == [range(20_000, 20_001)]
