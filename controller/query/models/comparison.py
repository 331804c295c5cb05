"""Models side by side, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadcell.v1 import model_pb2

NONE = "N/A"
# A model that reaches all three is good at everything.
GOOD_SUCCESS_RATE, GOOD_LATENCY_MS, GOOD_COST_USD = 0.99, 2_000.0, 0.01


@dataclass(frozen=True, slots=True)
class Compared:
    """The figures of one model; None: not known. Rates are 0 to 1."""

    model: str
    request_count: int = 0
    avg_latency_ms: float | None = None
    p95_latency_ms: float | None = None
    avg_cost_usd: float | None = None
    total_cost_usd: float | None = None
    success_rate: float | None = None
    total_tokens: int | None = None
    throughput_rps: float | None = None


def summarize(models: Sequence[Compared]) -> model_pb2.ModelComparisonSummary:
    """Return which model is best at what; of equal ones the first."""
    fast = {one.model: one.avg_latency_ms for one in models if one.avg_latency_ms is not None}
    cheap = {one.model: one.avg_cost_usd for one in models if one.avg_cost_usd is not None}
    reliable = {one.model: one.success_rate for one in models if one.success_rate is not None}
    return model_pb2.ModelComparisonSummary(
        fastest_model=min(fast, key=fast.__getitem__, default=NONE),
        cheapest_model=min(cheap, key=cheap.__getitem__, default=NONE),
        most_reliable_model=max(reliable, key=reliable.__getitem__, default=NONE),
        recommendations=recommend(models),
    )


def recommend(models: Sequence[Compared]) -> list[str]:
    """Return what follows from the figures, with the figures."""
    advice = []
    timed = [one for one in models if one.avg_latency_ms is not None]
    priced = [one for one in models if one.avg_cost_usd is not None]
    if timed and priced:
        fastest = min(timed, key=lambda one: one.avg_latency_ms or 0.0)
        cheapest = min(priced, key=lambda one: one.avg_cost_usd or 0.0)
        if fastest.model != cheapest.model:
            advice.append(
                f"Use {fastest.model} where speed matters ({_latency(fastest)} on average, {cheapest.model} takes"
                f" {_latency(cheapest)}), and {cheapest.model} where cost does ({_cost(cheapest)} a request,"
                f" {fastest.model} costs {_cost(fastest)})."
            )
    advice += [
        f"{one.model} is good at everything: {one.success_rate:.2%} of {one.request_count:,} requests succeed,"
        f" {_latency(one)} on average, {_cost(one)} a request."
        for one in models
        if _is_good(one)
    ]
    rated = [one for one in models if one.success_rate is not None]
    if len(rated) > 1:
        best, worst = (pick(rated, key=lambda one: one.success_rate or 0.0) for pick in (max, min))
        if (best.success_rate or 0.0) > (worst.success_rate or 0.0):
            advice.append(
                f"{best.model} is the most reliable: {best.success_rate:.2%} of {best.request_count:,} requests"
                f" succeed, of {worst.model} {worst.success_rate:.2%} of {worst.request_count:,}."
            )
    return advice


def _is_good(one: Compared) -> bool:
    if one.success_rate is None or one.avg_latency_ms is None or one.avg_cost_usd is None:
        return False
    return (
        one.success_rate > GOOD_SUCCESS_RATE
        and one.avg_latency_ms < GOOD_LATENCY_MS
        and one.avg_cost_usd < GOOD_COST_USD
    )


def _latency(one: Compared) -> str:
    return "an unknown time" if one.avg_latency_ms is None else f"{one.avg_latency_ms:,.1f} ms"


def _cost(one: Compared) -> str:
    return "an unknown amount" if one.avg_cost_usd is None else f"{one.avg_cost_usd:.4g} USD"
