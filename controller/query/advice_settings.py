"""Settings of advice on models."""

from __future__ import annotations

from dataclasses import dataclass

from loadcell.settings import number, setting
from loadcell.stats.advice import Thresholds


@dataclass(frozen=True)
class AdviceSettings:
    """By which figures advice on cost, speed and quality is given."""

    advice_cost_usd: float = setting(
        0.01,
        parse=number(0.0, 1e9),
        names=("LOADCELL_ADVICE_COST_USD",),
        doc="There is advice on cost when a request costs more than this many USD on average.",
    )
    advice_latency_ms: float = setting(
        2_000.0,
        parse=number(0.0, 1e9),
        names=("LOADCELL_ADVICE_LATENCY_MS",),
        doc="There is advice on speed when a request takes more than this many milliseconds on average.",
    )
    advice_error_rate: float = setting(
        0.05,
        parse=number(0.0, 1.0),
        names=("LOADCELL_ADVICE_ERROR_RATE",),
        doc="There is advice on quality when more than this share of requests fails, 0 to 1.",
    )
    advice_good_cost_usd: float = setting(
        0.005,
        parse=number(0.0, 1e9),
        names=("LOADCELL_ADVICE_GOOD_COST_USD",),
        doc="Below this many USD a request, the cost is good in the overall score of advice.",
    )
    advice_good_latency_ms: float = setting(
        1_000.0,
        parse=number(0.0, 1e9),
        names=("LOADCELL_ADVICE_GOOD_LATENCY_MS",),
        doc="Below this many milliseconds a request, the speed is good in that score.",
    )
    advice_good_success_rate: float = setting(
        0.95,
        parse=number(0.0, 1.0),
        names=("LOADCELL_ADVICE_GOOD_SUCCESS_RATE",),
        doc="Above this share of successes, 0 to 1, the quality is good in that score.",
    )

    @property
    def thresholds(self) -> Thresholds:
        """What advice on cost, speed and quality is given by."""
        return Thresholds(
            cost_usd=self.advice_cost_usd,
            latency_ms=self.advice_latency_ms,
            error_rate=self.advice_error_rate,
            good_cost_usd=self.advice_good_cost_usd,
            good_latency_ms=self.advice_good_latency_ms,
            good_success_rate=self.advice_good_success_rate,
        )
