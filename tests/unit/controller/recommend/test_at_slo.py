"""How many requests in flight meet the objectives, and how many servers that takes, of made up steps."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.recommend.at_slo import Step, at_slo, saturation
from controller.recommend.sizing import Size


def steps(*shares: int, concurrency: tuple[int, ...] = (1, 10, 50, 100, 200)) -> list[Step]:
    """Steps with so many of 100 requests good."""
    return [Step(c, good, 100) for c, good in zip(concurrency, shares, strict=False)]


@pytest.mark.parametrize(
    ("shares", "target", "met", "missed", "concurrency"),
    [
        ((100, 100, 100, 0, 0), 95, 50, 100, 52),  # 1/20 of the way down from 100 to 0
        ((100, 100, 95, 50, 0), 95, 50, 100, 50),  # exactly the target, which meets it
        ((100, 100, 100, 94, 0), 95, 50, 100, 91),
        ((100, 100, 100, 100, 100), 95, 200, None, 200),
        ((94, 100, 100, 100, 100), 95, None, 1, 0),
        ((100,), 100, 1, None, 1),
        ((99,), 100, None, 1, 0),
    ],
)
def test_the_target_is_crossed_between_the_last_step_that_met_it_and_the_first_that_missed(
    shares, target, met, missed, concurrency
):
    found = at_slo(steps(*shares), target)
    assert (found.met and found.met.concurrency, found.missed and found.missed.concurrency) == (met, missed)
    assert found.concurrency == concurrency


def test_F7_a_step_that_meets_the_objectives_above_one_that_missed_them_does_not_count():
    assert at_slo(steps(100, 100, 0, 100, 100), 95).concurrency == 12


def test_F7_where_no_step_meets_the_objectives_none_is_taken_for_one_that_does():
    found = at_slo(steps(50, 40, 30), 95)
    assert (found.met, found.concurrency) == (None, 0)


def test_a_step_that_did_better_than_one_below_it_is_no_reason_to_hope():
    assert at_slo(steps(100, 96, 100, 0), 95).concurrency == at_slo(steps(100, 96, 96, 0), 95).concurrency == 50


def test_targets_are_what_they_are_written_as():
    assert at_slo([Step(1, 999, 1_000)], 99.9).met
    assert not at_slo([Step(1, 998, 1_000)], 99.9).met


@st.composite
def sweeps(draw: st.DrawFn) -> list[Step]:
    concurrency = sorted(draw(st.sets(st.integers(1, 500), min_size=1, max_size=6)))
    total = draw(st.integers(1, 60))
    return [Step(c, draw(st.integers(0, total)), total) for c in concurrency]


TARGETS = st.floats(0.1, 100.0)
PEAKS, HEADROOMS, CAPACITIES = st.integers(1, 10**8), st.floats(0, 1_000), st.integers(1, 10**5)


@given(sweeps(), TARGETS, TARGETS)
def test_a_higher_target_never_gives_a_higher_concurrency(sweep, one, other):
    low, high = sorted((one, other))
    assert at_slo(sweep, high).concurrency <= at_slo(sweep, low).concurrency


@given(sweeps(), st.data(), TARGETS)
def test_a_stricter_objective_never_gives_a_higher_concurrency(sweep, data, target):
    stricter = [Step(s.concurrency, data.draw(st.integers(0, s.good)), s.total) for s in sweep]
    assert at_slo(stricter, target).concurrency <= at_slo(sweep, target).concurrency


@given(sweeps(), TARGETS)
def test_the_answer_lies_between_the_steps_it_is_said_to_lie_between(sweep, target):
    found = at_slo(sweep, target)
    if found.met is None:
        assert found.concurrency == 0
        assert found.missed is sweep[0]
    elif found.missed is None:
        assert found.concurrency == sweep[-1].concurrency
    else:
        assert found.met.concurrency <= found.concurrency < found.missed.concurrency


@given(
    st.integers(1, 10**8), st.floats(0, 1_000), st.floats(0, 1_000), st.integers(1, 10**5), st.integers(1, 10**5)
)
def test_more_headroom_or_less_capacity_never_takes_fewer_servers(peak, one, other, each, more):
    low, high = sorted((one, other))
    assert Size(peak, low, each).servers <= Size(peak, high, each).servers
    assert Size(peak, low, max(each, more)).servers <= Size(peak, low, min(each, more)).servers


@given(PEAKS, HEADROOMS, CAPACITIES)
def test_the_servers_carry_the_peak_and_one_fewer_would_not(peak, headroom, each):
    size = Size(peak, headroom, each)
    assert size.servers * each >= size.needed > (size.servers - 1) * each


def test_what_divides_evenly_is_not_rounded_up_for_want_of_precision():
    size = Size(100, 10.0, 11)
    assert (size.needed, size.servers) == (Fraction(110), 10)


@pytest.mark.parametrize(
    ("sweep", "expected"),
    [
        (steps(100, 100, 89, 10), 10),  # fell by more than 10 points
        (steps(100, 95, 91, 89), 50),  # below 90 %
        (steps(85, 80), 1),  # so already at the first step
        (steps(100, 95, 90), None),
        ([Step(1, 100, 100), Step(2, 94, 100, 5), Step(3, 94, 100, 6)], 2),  # more than 5 % failed
    ],
)
def test_saturation_is_the_last_step_before_things_went_wrong(sweep, expected):
    found = saturation(sweep)
    assert (found and found.concurrency) == expected
