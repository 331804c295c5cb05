"""Gates: how much worse than a base a figure may be before a run counts as a regression.

A gate is written `figure:change`, the figure as `metric` or `metric.statistic`: "ttft.p99:+5%" (at most 5 % above
the base), "throughput:-3%" (at most 3 % below), "error_rate:+0.5" (at most 0.5 above, in the unit of the figure).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from loadcell.stats.goodput import percent

# Milliseconds, each with the statistics below; lower is better.
LATENCIES = ("ttft", "ttfot", "tpot", "itl", "icl", "e2e", "response_time", "schedule_delay")
STATISTICS = ("min", "max", "mean", "median", "std", "p50", "p90", "p95", "p99", "p999")
# Per second, or percent.
HIGHER_IS_BETTER = ("throughput", "input_throughput", "request_rate", "goodput")
LOWER_IS_BETTER = ("error_rate",)
MAX_LENGTH = 100
_SYNTAX = re.compile(r"([a-z0-9_]+)(?:\.([a-z0-9_]+))?:([+-])([0-9]+(?:\.[0-9]+)?)(%?)")


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate; `allowed` (>= 0) is in percent of the base where `relative`, else in the unit of the figure."""

    metric: str
    statistic: str | None
    allowed: Decimal
    relative: bool

    @property
    def lower_is_better(self) -> bool:
        """Tell whether the figure gets worse by rising."""
        return self.metric not in HIGHER_IS_BETTER

    @property
    def figure(self) -> str:
        """Name of the figure, "metric" or "metric.statistic"."""
        return f"{self.metric}.{self.statistic}" if self.statistic else self.metric

    def __str__(self) -> str:
        sign, unit = "+" if self.lower_is_better else "-", "%" if self.relative else ""
        return f"{self.figure}:{sign}{self.allowed:f}{unit}"


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """What a gate says of two figures; None where a figure is missing or, for percent, the base is zero.

    `limit` is the worst figure that passes. `sentence` tells it all to a reader.
    """

    gate: Gate
    passed: bool
    base: float | None
    current: float | None
    limit: float | None
    change: float | None
    change_percent: float | None
    sentence: str


def parse_gate(text: str) -> Gate:
    """Return the gate that is written.

    Raises:
        ValueError: It is not written like a gate, names an unknown figure, or limits a change for the better.
    """
    match = _SYNTAX.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if match is None:
        raise ValueError(
            f"gate {text[:MAX_LENGTH]!r} is not written like ttft.p99:+5%, throughput:-3% or error_rate:+0.5"
        )
    metric, statistic, sign, number, unit = match.groups()
    _check_figure(text, metric, statistic)
    gate = Gate(metric, statistic, Decimal(number), relative=unit == "%")
    if (sign == "+") != gate.lower_is_better:
        worse = "rising" if gate.lower_is_better else "falling"
        raise ValueError(f"gate {text!r} can never be missed: {gate.figure} gets worse by {worse}; write {gate}")
    if gate.relative and not gate.lower_is_better and gate.allowed >= 100:
        raise ValueError(f"gate {text!r} can never be missed: no figure falls below zero")
    return gate


def _check_figure(text: str, metric: str, statistic: str | None) -> None:
    if metric in LATENCIES:
        if statistic not in STATISTICS:
            raise ValueError(f"gate {text!r} needs a statistic of {metric}, one of {', '.join(STATISTICS)}")
    elif metric not in HIGHER_IS_BETTER + LOWER_IS_BETTER:
        known = ", ".join(LATENCIES + HIGHER_IS_BETTER + LOWER_IS_BETTER)
        raise ValueError(f"gate {text!r} names the unknown metric {metric!r}; there are {known}")
    elif statistic is not None:
        raise ValueError(f"gate {text!r} asks for a statistic, but {metric} is a single figure")


def check_gate(gate: Gate, base: float | None, current: float | None) -> GateOutcome:
    """Hold a figure against that of the base; a figure at the limit passes, one that is missing does not.

    Decided on the decimal values of the figures, so that 5 % above 0.1 is 0.105 and not a bit less.
    """
    base, current = _known(base), _known(current)
    if base is None or current is None:
        who = " and ".join(name for name, value in (("the base", base), ("the run", current)) if value is None)
        sentence = f"{gate}: missed, {gate.figure} is not known of {who}"
        return GateOutcome(gate, False, base, current, None, None, None, sentence)
    limit = _limit(gate, _exact(base))
    passed = _exact(current) <= limit if gate.lower_is_better else _exact(current) >= limit
    change = current - base
    in_percent = percent(change, base)
    told = "" if in_percent is None else f" ({in_percent:+.4g} %)"
    sentence = (
        f"{gate}: {'passed' if passed else 'missed'}, {gate.figure} went from {base:.6g} to {current:.6g}{told}, "
        f"the limit is {float(limit):.6g}"
    )
    return GateOutcome(gate, passed, base, current, float(limit), change, in_percent, sentence)


def _limit(gate: Gate, base: Fraction) -> Fraction:
    allowed = Fraction(gate.allowed) * (abs(base) / 100 if gate.relative else 1)
    return base + allowed if gate.lower_is_better else base - allowed


def _known(figure: float | None) -> float | None:
    return figure if figure is not None and math.isfinite(figure) else None


def _exact(figure: float) -> Fraction:
    return Fraction(str(figure))
