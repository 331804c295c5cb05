"""Changes between periods."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcell.stats.changes import change_percent, growth_percent

figures = st.floats(1e-9, 1e9)


@pytest.mark.parametrize(
    ("previous", "current", "expected"),
    [(0, 0, 0), (0, 0.001, 100), (0, 1e9, 100), (200, 250, 25), (200, 100, -50), (200, 0, -100), (3, 3, 0)],
)
def test_the_rule_of_period_changes(previous: float, current: float, expected: float) -> None:
    assert change_percent(previous, current) == expected


@given(figures, figures)
def test_a_change_leads_from_one_figure_to_the_other(previous: float, current: float) -> None:
    assert previous * (1 + change_percent(previous, current) / 100) == pytest.approx(
        current, rel=1e-6, abs=1e-6 * previous
    )


@given(figures, st.floats(-50, 50), st.integers(2, 30))
def test_W37_steady_growth_is_its_own_rate_in_percent(first: float, rate: float, count: int) -> None:
    assert growth_percent(first * (1 + rate / 100) ** np.arange(count)) == pytest.approx(rate, abs=1e-6)


@given(st.lists(st.floats(0, 1e9).filter(lambda v: v == 0 or v > 1e-9), min_size=2, max_size=30))
def test_figures_that_return_to_where_they_began_have_not_grown(periods: list[float]) -> None:
    there_and_back = [*periods, *reversed(periods)]
    assert growth_percent(there_and_back) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        ([], None),
        ([5.0], None),
        ([0, 0], 0),
        ([0, 0, 4], 100),
        ([4, 0], -100),
        ([0, 4, 6], 150),
        ([10, 0, 20], 100),
    ],
)
def test_few_periods_and_zeros(periods: list[float], expected: float | None) -> None:
    assert growth_percent(periods) == expected
