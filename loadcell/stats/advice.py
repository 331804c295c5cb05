"""Advice on the cost, speed and quality of requests, and one score of the three."""

from __future__ import annotations

from dataclasses import dataclass

HIGH, MEDIUM = "high", "medium"
# The share of the cost that a cheaper model or shorter prompts are taken to save.
SAVING_SHARE = 0.3
# A figure this many times its threshold is more than a matter of tuning.
HIGH_IMPACT_FACTOR = 2.0
_GOOD, _NOT_GOOD = 1.0, 0.5


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Above the first three there is advice; the good ones make the score.

    Costs are USD for a request, times milliseconds, rates shares from 0 to 1.
    """

    cost_usd: float = 0.01
    latency_ms: float = 2000.0
    error_rate: float = 0.05
    good_cost_usd: float = 0.005
    good_latency_ms: float = 1000.0
    good_success_rate: float = 0.95


@dataclass(frozen=True, slots=True)
class Figures:
    """What some requests cost and how they went; None where not known. `error_rate` is a share from 0 to 1."""

    avg_cost_usd: float | None = None
    total_cost_usd: float | None = None
    avg_latency_ms: float | None = None
    error_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to do. `impact` and `effort` are one of the words above; `priority` 1 comes first.

    `potential_savings_usd` is over the same requests.
    """

    title: str
    description: str
    impact: str
    effort: str
    priority: int
    potential_savings_usd: float | None = None


def cost_advice(figures: Figures, thresholds: Thresholds) -> list[Advice]:
    """Return what to do about requests that cost more than the threshold on average."""
    cost, limit = figures.avg_cost_usd, thresholds.cost_usd
    if cost is None or cost <= limit:
        return []
    total = figures.total_cost_usd
    return [
        Advice(
            "Use a cheaper model where it is good enough",
            f"A request costs {cost:.4g} USD on average (threshold {limit:g} USD): send simple requests to a "
            "cheaper model, and shorten prompts and answers.",
            impact=_impact(cost, limit),
            effort=MEDIUM,
            priority=2,
            potential_savings_usd=None if total is None else SAVING_SHARE * total,
        )
    ]


def performance_advice(figures: Figures, thresholds: Thresholds) -> list[Advice]:
    """Return what to do about requests that take longer than the threshold on average."""
    latency, limit = figures.avg_latency_ms, thresholds.latency_ms
    if latency is None or latency <= limit:
        return []
    return [
        Advice(
            "Shorten the time of a request",
            f"A request takes {latency:.4g} ms on average (threshold {limit:g} ms): lower the concurrency or add "
            "servers, limit the length of answers, or use a faster model.",
            impact=_impact(latency, limit),
            effort=MEDIUM,
            priority=2,
        )
    ]


def quality_advice(figures: Figures, thresholds: Thresholds) -> list[Advice]:
    """Return what to do about more failures than the threshold allows."""
    rate, limit = figures.error_rate, thresholds.error_rate
    if rate is None or rate <= limit:
        return []
    return [
        Advice(
            "Find out why requests fail",
            f"{rate:.2%} of requests fail (threshold {limit:.2%}): look at their error classes first, then at the "
            "limits and the health of the server.",
            impact=HIGH,
            effort=MEDIUM,
            priority=1,
        )
    ]


def overall_score(figures: Figures, thresholds: Thresholds) -> float | None:
    """Return the mean of cost, latency and success, each 1.0 if good and 0.5 if not; None if none is known.

    Good is a cost or a latency below, or a share of successes above, its good threshold. What is not known is left
    out.
    """
    scores = []
    if figures.avg_cost_usd is not None:
        scores.append(figures.avg_cost_usd < thresholds.good_cost_usd)
    if figures.avg_latency_ms is not None:
        scores.append(figures.avg_latency_ms < thresholds.good_latency_ms)
    if figures.error_rate is not None:
        scores.append(1 - figures.error_rate > thresholds.good_success_rate)
    return sum(_GOOD if good else _NOT_GOOD for good in scores) / len(scores) if scores else None


def _impact(figure: float, limit: float) -> str:
    return HIGH if figure >= HIGH_IMPACT_FACTOR * limit else MEDIUM
