"""Differences between two runs: what simulated runs of known truth make of the intervals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcell.stats.differences import (
    BETTER,
    NO_DIFFERENCE,
    UNKNOWN,
    WORSE,
    Estimate,
    difference,
    estimate_quantile,
    estimate_share,
)
from loadcell.stats.intervals import Interval
from loadcell.stats.latency import summarize

figures = st.floats(0, 1e6)


@st.composite
def estimates(draw: st.DrawFn) -> Estimate:
    value = draw(figures)
    return Estimate(value, Interval(value - draw(figures), value + draw(figures)))


@given(estimates(), estimates(), st.booleans())
def test_looking_from_the_other_side_turns_everything_round(a: Estimate, b: Estimate, lower: bool) -> None:
    there, back = (difference(x, y, lower_is_better=lower) for x, y in ((a, b), (b, a)))
    assert there.interval is not None
    assert back.interval is not None
    assert there.change == -back.change
    assert there.interval.low == pytest.approx(-back.interval.high, abs=1e-6)
    assert there.interval.low <= there.change <= there.interval.high
    assert {there.verdict, back.verdict} in ({BETTER, WORSE}, {NO_DIFFERENCE})
    assert difference(a, a, lower_is_better=lower).verdict == NO_DIFFERENCE


@given(estimates(), estimates())
def test_a_verdict_depends_on_which_direction_is_better(a: Estimate, b: Estimate) -> None:
    turned = {BETTER: WORSE, WORSE: BETTER, NO_DIFFERENCE: NO_DIFFERENCE}
    latency, throughput = (difference(a, b, lower_is_better=lower).verdict for lower in (True, False))
    assert throughput == turned[latency]


@given(estimates(), estimates())
def test_intervals_that_do_not_meet_are_a_difference(a: Estimate, b: Estimate) -> None:
    assert a.interval is not None
    assert b.interval is not None
    if a.interval.high < b.interval.low:
        assert difference(a, b, lower_is_better=True).verdict == WORSE


def test_the_interval_is_squared_and_added() -> None:
    got = difference(Estimate(100, Interval(97, 104)), Estimate(110, Interval(107, 122)), lower_is_better=True)
    assert got.change == 10
    assert got.change_percent == 10
    assert got.interval == Interval(10 - 5, 10 + math.hypot(12, 3))
    assert got.verdict == WORSE


@pytest.mark.parametrize(("q", "count"), [(0.5, 60), (0.95, 400), (0.99, 1000)])
def test_nineteen_of_twenty_intervals_hold_the_true_difference(q: float, count: int) -> None:
    rng = np.random.default_rng(7)
    true = -math.log(1 - q) * (1.3 - 1.0)
    held = alarms = 0
    for _ in range(1000):
        base, same, slower = (estimate_quantile(rng.exponential(mean, count), q) for mean in (1, 1, 1.3))
        assert base
        assert same
        assert slower
        ends = difference(base, slower, lower_is_better=True).interval
        assert ends is not None
        held += ends.low <= true <= ends.high
        alarms += difference(base, same, lower_is_better=True).verdict != NO_DIFFERENCE
    assert held >= 940
    assert alarms <= 60


def test_a_real_difference_is_found() -> None:
    rng = np.random.default_rng(8)
    base, slower = (estimate_quantile(rng.normal(mean, 10, 500), 0.5) for mean in (100, 105))
    assert base
    assert slower
    assert difference(base, slower, lower_is_better=True).verdict == WORSE
    assert difference(slower, base, lower_is_better=True).verdict == BETTER


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=500), st.sampled_from([0.5, 0.95, 0.99]))
def test_samples_say_the_same_as_the_result_document(micros: list[int], q: float) -> None:
    summary, name = summarize(np.array(micros)), f"p{round(q * 100)}"
    got = estimate_quantile(np.array(micros) / 1000, q)
    value = getattr(summary, name)
    assert got == (None if value is None else Estimate(value, getattr(summary, f"{name}_ci")))


def test_without_an_interval_nobody_knows() -> None:
    known = Estimate(100, Interval(90, 110))
    for base, current in ((known, Estimate(500)), (Estimate(500), known)):
        got = difference(base, current, lower_is_better=True)
        assert (got.interval, got.verdict) == (None, UNKNOWN)
    assert estimate_quantile(np.array([1, 2, 3]), 0.5) == Estimate(2.0, None)
    assert estimate_quantile(np.zeros(0), 0.5) is None


def test_a_change_from_zero_has_no_percentage() -> None:
    assert difference(Estimate(0), Estimate(5), lower_is_better=True).change_percent is None


def test_constant_runs_differ_by_any_amount() -> None:
    a, b = (estimate_quantile(np.full(50, value), 0.5) for value in (100.0, 100.5))
    assert a
    assert b
    assert difference(a, b, lower_is_better=True).verdict == WORSE


def test_shares_match_the_published_examples() -> None:
    # Newcombe 1998, table II (a): 56/70 against 48/80, method 10: 0.0524 to 0.3339.
    base, current = estimate_share(48, 80), estimate_share(56, 70)
    assert base
    assert current
    ends = difference(base, current, lower_is_better=False).interval
    assert ends == pytest.approx((5.24, 33.39), abs=0.01)
    # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I: 0/20 and 1/29, method 3.
    for (part, whole), expected in {(0, 20): (0.0, 16.11), (1, 29): (0.61, 17.18)}.items():
        share = estimate_share(part, whole)
        assert share
        assert share.interval == pytest.approx(expected, abs=0.01)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_shares_lie_in_their_intervals(part: int, whole: int) -> None:
    share = estimate_share(min(part, whole), whole)
    assert share
    assert share.interval
    assert 0 <= share.interval.low <= share.value <= share.interval.high <= 100


def test_shares_of_nothing() -> None:
    assert estimate_share(0, 0) is None
    for part, whole in ((-1, 5), (6, 5), (0, -1)):
        with pytest.raises(ValueError, match="share"):
            estimate_share(part, whole)
