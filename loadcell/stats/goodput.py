"""Goodput: the share of requests that met every service level objective.

DistServe (Zhong et al., OSDI 2024) counts a request as good when it meets all objectives. Shares, of good requests
and of errors alike, are of all measured requests but those the user cancelled, who says nothing about the server.
So a server that answers few requests quickly and fails the others does not look good, and neither does one whose
requests came to no end that anybody saw (CENSORED).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loadcell.stats.columns import CANCELLED, OK, Floats, Ints, Mask, SampleArrays
from loadcell.stats.latency import MICROS_PER_MS


@dataclass(frozen=True, slots=True)
class Objectives:
    """Highest good values in milliseconds, inclusive; None is not checked."""

    ttft_ms: float | None = None
    tpot_ms: float | None = None
    e2e_ms: float | None = None

    def __bool__(self) -> bool:
        """Tell whether any objective is set."""
        return any(limit is not None for limit in (self.ttft_ms, self.tpot_ms, self.e2e_ms))


@dataclass(frozen=True, slots=True)
class Goodput:
    """Counts of requests; the shares are percentages, None without requests to divide by."""

    satisfied: int
    total: int
    percent: float | None
    percent_of_successes: float | None
    ttft_satisfied: int | None
    tpot_satisfied: int | None
    e2e_satisfied: int | None


@dataclass(frozen=True, slots=True)
class Judged(Goodput):
    """Counts of requests, and which of them are good."""

    good: Mask


def assess(rows: SampleArrays, objectives: Objectives) -> Judged:
    """Judge measured requests by the objectives; only successful ones can be good, cancelled ones do not count.

    A value equal to its objective meets it. A response that was not streamed brings its first token when it ends,
    so its e2e is held against the ttft objective. A response of a single token meets a tpot objective, having no
    further token to wait for; a longer response without a tpot (its tokens came all at once, or it was not
    streamed) does not, because an objective that cannot be shown to be met is not met.
    """
    ok = rows.status == OK
    first_token = np.where(rows.ttft_micros >= 0, rows.ttft_micros, rows.e2e_micros)
    ttft = _within(first_token, objectives.ttft_ms)
    tpot = _within(rows.tpot_micros, objectives.tpot_ms) | ((rows.tpot_micros < 0) & (rows.completion_tokens == 1))
    e2e = _within(rows.e2e_micros, objectives.e2e_ms)
    good = ok.copy()
    counts: list[int | None] = []
    for limit, met in ((objectives.ttft_ms, ttft), (objectives.tpot_ms, tpot), (objectives.e2e_ms, e2e)):
        if limit is not None:
            good &= met
        counts.append(None if limit is None else int((ok & met).sum()))
    satisfied, successes, total = int(good.sum()), int(ok.sum()), int((rows.status != CANCELLED).sum())
    return Judged(
        good=good,
        satisfied=satisfied,
        total=total,
        percent=percent(satisfied, total),
        percent_of_successes=percent(satisfied, successes),
        ttft_satisfied=counts[0],
        tpot_satisfied=counts[1],
        e2e_satisfied=counts[2],
    )


def percent(part: float, whole: float) -> float | None:
    """Return part / whole in percent, None when the whole is zero."""
    return 100.0 * part / whole if whole else None


def _within(values_micros: Ints | Floats, limit_ms: float | None) -> Mask:
    if limit_ms is None:
        return np.ones(len(values_micros), np.bool_)
    # Divided, not multiplied: 4350 / 1000 is the double nearest to 4.35, while 4.35 * 1000 may miss 4350.
    met: Mask = (values_micros >= 0) & (values_micros / MICROS_PER_MS <= limit_ms)
    return met
