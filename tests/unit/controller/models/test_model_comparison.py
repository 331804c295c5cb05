"""What a comparison of models recommends follows from its figures, and names them."""

from __future__ import annotations

from controller.query.models.comparison import NONE, Compared, summarize

QUICK = Compared("quick", 1_000, avg_latency_ms=120.5, avg_cost_usd=0.02, success_rate=0.95)
CHEAP = Compared("cheap", 2_000, avg_latency_ms=900.0, avg_cost_usd=0.001, success_rate=0.999)


def test_each_is_best_at_something():
    summary = summarize([QUICK, CHEAP])
    assert (summary.fastest_model, summary.cheapest_model, summary.most_reliable_model) == (
        "quick",
        "cheap",
        "cheap",
    )
    trade, good, reliable = summary.recommendations
    assert "120.5 ms" in trade
    assert "900.0 ms" in trade
    assert "0.02 USD" in trade
    assert good.startswith("cheap is good at everything: 99.90% of 2,000 requests")
    assert "95.00% of 1,000" in reliable


def test_without_requests_nothing_is_said():
    summary = summarize([Compared("a"), Compared("b")])
    assert {summary.fastest_model, summary.cheapest_model, summary.most_reliable_model} == {NONE}
    assert list(summary.recommendations) == []


def test_without_prices_there_is_no_cheapest():
    free = [
        Compared("a", 10, avg_latency_ms=1.0, success_rate=1.0),
        Compared("b", 10, avg_latency_ms=2.0, success_rate=1.0),
    ]
    summary = summarize(free)
    assert (summary.fastest_model, summary.cheapest_model, summary.most_reliable_model) == ("a", NONE, "a")
    assert list(summary.recommendations) == []
