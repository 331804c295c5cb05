"""Which load to serve: the highest within the objectives if there are any, else that of the knee."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from controller.analysis.finding import CRITICAL, INFO, WARNING, Finding, known
from controller.analysis.level import Level, figure
from controller.analysis.outcome import WARNING_PERCENT
from controller.analysis.sweep import Sweep

# Share of the requests that must meet every objective, in percent.
GOODPUT_PERCENT = 95.0
_OBJECTIVES = ("ttft", "tpot", "e2e")


def recommended(levels: Sequence[Level], found: Sweep | None) -> Finding:
    """Return the load to serve, of levels of one kind; there is at least one."""
    # A load above one that went wrong is no load to serve, however well it went itself.
    sound = list(takewhile(lambda level: level.usable, levels))
    if found is None or not sound:
        return Finding("NOTHING_TO_RECOMMEND", WARNING, known(levels=len(levels)))
    if any(_goodput(level) is not None for level in levels):
        return _within_objectives(sound, found)
    sound = list(takewhile(lambda level: level.error_percent < WARNING_PERCENT, sound))
    candidates = [level for level in sound if found.knee is not None and level.load <= found.knee.load]
    if not candidates:
        return Finding("NOTHING_TO_RECOMMEND", WARNING, known(levels=len(levels)))
    chosen = candidates[-1]
    at_knee = chosen is found.knee and found.saturated
    return _recommend("RECOMMENDED_AT_KNEE" if at_knee else "RECOMMENDED_HIGHEST", INFO, chosen)


def _within_objectives(sound: Sequence[Level], found: Sweep) -> Finding:
    good = list(takewhile(lambda level: (_goodput(level) or 0.0) >= GOODPUT_PERCENT, sound))
    if good:
        code = "OBJECTIVES_MET_BY_ALL" if len(good) == len(found.levels) else "RECOMMENDED_WITHIN_OBJECTIVES"
        return _recommend(code, INFO, good[-1])
    first = found.lowest
    met = {f"{name}_met_percent": _met_percent(first, name) for name in _OBJECTIVES}
    return _recommend("OBJECTIVES_NEVER_MET", CRITICAL, first, **met)


def _recommend(code: str, severity: str, level: Level, **more: float | None) -> Finding:
    return level.finding(
        code,
        severity,
        throughput=level.throughput,
        completed_rate=level.completed_rate,
        goodput_percent=_goodput(level),
        error_percent=level.error_percent,
        ttft_p50_ms=level.latency("ttft"),
        ttft_p99_ms=level.latency("ttft", "p99"),
        tpot_p50_ms=level.latency("tpot"),
        e2e_p50_ms=level.latency("e2e_latency"),
        e2e_p99_ms=level.latency("e2e_latency", "p99"),
        **more,
    )


def _goodput(level: Level) -> float | None:
    return figure(level.result.goodput, "goodput_percent") if level.result.HasField("goodput") else None


def _met_percent(level: Level, name: str) -> float | None:
    goodput = level.result.goodput
    met = figure(goodput, f"{name}_satisfied")
    return None if met is None or goodput.total_requests <= 0 else 100.0 * met / goodput.total_requests
