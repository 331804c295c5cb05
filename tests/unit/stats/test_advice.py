"""Advice and the overall score at, below and above the documented thresholds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcell.stats.advice import (
    Figures,
    Thresholds,
    cost_advice,
    overall_score,
    performance_advice,
    quality_advice,
)

PLAIN = Thresholds()
amounts = st.one_of(st.none(), st.floats(0, 1e6))


def test_expensive_requests_could_save_three_tenths() -> None:
    assert cost_advice(Figures(avg_cost_usd=0.01, total_cost_usd=5), PLAIN) == []
    (advice,) = cost_advice(Figures(avg_cost_usd=0.011, total_cost_usd=5), PLAIN)
    assert advice.potential_savings_usd == pytest.approx(1.5)
    assert (advice.impact, advice.effort, advice.priority) == ("medium", "medium", 2)
    assert "0.011 USD" in advice.description
    assert cost_advice(Figures(avg_cost_usd=0.02, total_cost_usd=None), PLAIN)[0].potential_savings_usd is None


def test_slow_requests() -> None:
    assert performance_advice(Figures(avg_latency_ms=2000), PLAIN) == []
    assert [a.impact for a in performance_advice(Figures(avg_latency_ms=2001), PLAIN)] == ["medium"]
    assert [a.impact for a in performance_advice(Figures(avg_latency_ms=4000), PLAIN)] == ["high"]


def test_failing_requests_come_first() -> None:
    assert quality_advice(Figures(error_rate=0.05), PLAIN) == []
    (advice,) = quality_advice(Figures(error_rate=0.0501), PLAIN)
    assert (advice.impact, advice.priority) == ("high", 1)
    assert "5.01% of requests fail" in advice.description


@pytest.mark.parametrize(
    ("figures", "score"),
    [
        (Figures(avg_cost_usd=0.0049, avg_latency_ms=999, error_rate=0.049), 1.0),
        (Figures(avg_cost_usd=0.005, avg_latency_ms=999, error_rate=0.0), 2.5 / 3),
        (Figures(avg_cost_usd=0.005, avg_latency_ms=1000, error_rate=0.0), 2 / 3),
        (Figures(avg_cost_usd=1, avg_latency_ms=5000, error_rate=1.0), 0.5),
        (Figures(avg_latency_ms=999, error_rate=0.5), 0.75),
        (Figures(avg_cost_usd=0.0), 1.0),
        (Figures(), None),
    ],
)
def test_the_score_is_the_mean_of_what_is_known(figures: Figures, score: float | None) -> None:
    assert overall_score(figures, PLAIN) == (None if score is None else pytest.approx(score))


def test_thresholds_can_be_others() -> None:
    strict = Thresholds(cost_usd=0.001, latency_ms=100, error_rate=0, good_latency_ms=50)
    figures = Figures(avg_cost_usd=0.002, avg_latency_ms=101, error_rate=0.001)
    assert all(advise(figures, strict) for advise in (cost_advice, performance_advice, quality_advice))
    assert not any(advise(figures, PLAIN) for advise in (cost_advice, performance_advice, quality_advice))
    assert overall_score(figures, strict) == pytest.approx(2.5 / 3)


@given(amounts, amounts, st.one_of(st.none(), st.floats(0, 1)))
def test_the_score_is_a_share_and_what_is_not_known_gets_no_advice(
    cost: float | None, latency: float | None, errors: float | None
) -> None:
    figures = Figures(avg_cost_usd=cost, avg_latency_ms=latency, error_rate=errors)
    score = overall_score(figures, PLAIN)
    assert score is None or 0.5 <= score <= 1
    assert cost is not None or not cost_advice(figures, PLAIN)
    assert latency is not None or not performance_advice(figures, PLAIN)
    assert errors is not None or not quality_advice(figures, PLAIN)
