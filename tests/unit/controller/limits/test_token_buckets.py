"""No more is ever let in than a full bucket and what came back since; and what a caller is told is true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.limits.bucket import Rate, verdict
from controller.limits.memory import Buckets
from controller.limits.waiting import told

RATES = st.builds(Rate, st.floats(1, 10_000), st.floats(1, 500))
STEPS = st.lists(st.tuples(st.floats(0, 30), st.integers(0, 2)), min_size=1, max_size=150)
EVERYTHING, COSTLY = "all", "search"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def most_within(times: list[float], rate: Rate) -> bool:
    """Whether every stretch of time, from one call that was let in to another, has no more than it may."""
    return all(
        last - first + 1 <= rate.burst + rate.per_second * (times[last] - times[first]) + 1e-6
        for first in range(len(times))
        for last in range(first, len(times))
    )


@given(RATES, RATES, STEPS)
def test_every_stretch_of_time_has_its_burst_and_its_rate_at_most(tier, own, steps):
    clock = Clock()
    buckets = Buckets(clock=clock)
    let_in: dict[str, list[float]] = {EVERYTHING: [], COSTLY: []}
    for pause, which in steps:
        clock.now += pause
        wanted = [(EVERYTHING, tier)] + ([(COSTLY, own)] if which else [])
        if buckets.take(wanted).admitted:
            for name, _ in wanted:
                let_in[name].append(clock.now)
    assert most_within(let_in[EVERYTHING], tier)
    assert most_within(let_in[COSTLY], own)


@given(RATES, RATES, STEPS)
def test_who_waits_as_long_as_they_are_told_is_let_in(tier, own, steps):
    clock = Clock()
    buckets = Buckets(clock=clock)
    wanted = [(EVERYTHING, tier), (COSTLY, own)]
    for pause, _ in steps:
        clock.now += pause / 1_000
        found = buckets.take(wanted)
        if not found.admitted:
            assert found.remaining == 0
            clock.now += found.retry_seconds + 1e-6
            assert buckets.take(wanted).admitted


@given(RATES, RATES, STEPS)
def test_who_calls_in_several_roles_by_turns_is_let_in_no_more_often(one, other, steps):
    clock = Clock()
    buckets, times = Buckets(clock=clock), []
    for pause, which in steps:
        clock.now += pause
        if buckets.take([(EVERYTHING, (one, other, other)[which])]).admitted:
            times.append(clock.now)
    assert most_within(times, Rate(max(one.per_minute, other.per_minute), max(one.burst, other.burst)))


def test_what_one_bucket_refuses_is_not_taken_from_the_other():
    clock, tier, own = Clock(), Rate(60, 5), Rate(60, 1)
    buckets = Buckets(clock=clock)
    assert [buckets.take([("all", tier), ("search", own)]).admitted for _ in range(9)] == [True] + [False] * 8
    assert [buckets.take([("all", tier)]).admitted for _ in range(5)] == [True] * 4 + [False]


def test_the_bucket_that_refuses_is_the_one_that_is_told_of():
    tier, own = Rate(6_000, 7_200), Rate(60, 72)
    found = verdict(False, [(tier, 5_000.0), (own, 0.25)])
    assert found == (False, 60, 0, pytest.approx(71.75), pytest.approx(0.75))
    assert dict(told(found, now=1_000.0)) == {
        "x-ratelimit-limit": "60",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "1072",
        "retry-after": "1",
    }
    left = verdict(True, [(tier, 5_000.0), (own, 70.5)])
    assert dict(told(left, now=1_000.0))["x-ratelimit-limit"] == "6000"
    assert dict(told(left, now=1_000.0))["x-ratelimit-remaining"] == "5000"
    assert "retry-after" not in dict(told(left, now=1_000.0))


def test_a_clock_that_is_set_back_gives_nothing_away():
    clock, rate = Clock(), Rate(60, 1)
    buckets = Buckets(clock=clock)
    clock.now = 100.0
    assert buckets.take([("a", rate)]).admitted
    clock.now = 0.0
    assert not buckets.take([("a", rate)]).admitted
    clock.now = 100.5
    assert not buckets.take([("a", rate)]).admitted
    clock.now = 101.0
    assert buckets.take([("a", rate)]).admitted


def test_only_so_many_buckets_are_kept_those_used_last():
    buckets, rate = Buckets(capacity=2), Rate(1, 1)
    for name in ("a", "b", "a", "c"):
        buckets.take([(name, rate)])
    assert [name in buckets for name in "abc"] == [True, False, True]
    assert len(buckets) == 2
