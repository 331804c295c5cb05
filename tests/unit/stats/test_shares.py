"""The confidence that a share of good requests is reached, against the binomial distribution itself."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcell.stats.intervals import EXACT_UP_TO
from loadcell.stats.shares import confidence_above


def summed(good: int, total: int, share: float) -> float:
    return math.fsum(math.comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(good))


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.01, 0.99))
def test_it_is_the_binomial_distribution(counts: tuple[int, int], share: float) -> None:
    good, total = counts
    assert confidence_above(good, total, share) == pytest.approx(summed(good, total, share), abs=1e-9)


def test_fifty_of_fifty_are_not_enough_for_95_percent_and_200_of_200_are() -> None:
    assert confidence_above(50, 50, 0.95) == pytest.approx(1 - 0.95**50)
    assert confidence_above(50, 50, 0.95) < 0.95
    assert 0.9999 < confidence_above(200, 200, 0.95) < 1


def test_no_sample_says_that_all_are_good_and_none_good_says_nothing() -> None:
    assert confidence_above(1_000, 1_000, 1.0) == 0
    assert confidence_above(0, 10, 0.5) == 0


@pytest.mark.parametrize("good_share", [0.94, 0.949, 0.95, 0.951, 0.96])
def test_long_sums_are_close_to_their_approximation(good_share: float) -> None:
    total = EXACT_UP_TO
    good = round(good_share * total)
    beyond = confidence_above(good + round(good_share * 100), total + 100, 0.95)
    assert confidence_above(good, total, 0.95) == pytest.approx(beyond, abs=0.02)


@pytest.mark.parametrize(
    ("good", "total", "share"), [(0, 0, 0.5), (2, 1, 0.5), (-1, 1, 0.5), (1, 1, 0), (1, 1, 1.1)]
)
def test_what_is_no_share_is_refused(good: int, total: int, share: float) -> None:
    with pytest.raises(ValueError, match="say nothing"):
        confidence_above(good, total, share)
