"""How much a server can do."""

from __future__ import annotations

from collections.abc import Iterator

from controller.analysis.finding import INFO, WARNING, Finding
from controller.analysis.level import Level, figure
from controller.analysis.sweep import NEARLY_ALL, Sweep, is_held_back, is_kept_up


def capacity(found: Sweep) -> list[Finding]:
    """Return where throughput ends."""
    return list(_open(found) if found.lowest.open_loop else _closed(found))


def _closed(found: Sweep) -> Iterator[Finding]:
    top = found.highest
    if len(found.levels) == 1:
        yield top.finding("SINGLE_LEVEL", INFO, throughput=top.throughput)
    elif found.saturated and found.knee is not None:
        yield _between(
            "SATURATED",
            INFO,
            found.knee,
            top,
            gain_percent=_gain_percent(found.knee, found.best),
            e2e_from_ms=found.knee.latency("e2e_latency"),
            e2e_to_ms=top.latency("e2e_latency"),
        )
    else:
        before = found.levels[-2]
        yield _between("NOT_SATURATED", INFO, before, top, gain_percent=_gain_percent(before, top))
    if top.throughput < NEARLY_ALL * found.best.throughput:
        drop_percent = -_gain_percent(found.best, top)
        yield _between("THROUGHPUT_FALLS", WARNING, found.best, top, drop_percent=drop_percent)


def _open(found: Sweep) -> Iterator[Finding]:
    unsent = next((level for level in found.levels if is_held_back(level)), None)
    if unsent is not None:
        yield unsent.finding("RATE_NOT_SENT", WARNING, achieved_rate=figure(unsent.result, "achieved_rate"))
    sent = [level for level in found.levels if not is_held_back(level)]
    over = next((level for level in sent if not is_kept_up(level)), None)
    if over is not None:
        yield over.finding(
            "RATE_EXCEEDED",
            WARNING,
            completed_rate=over.completed_rate,
            completed_percent=100.0 * over.completed_rate / over.load,
            load_kept=None if found.knee is None else found.knee.load,
        )
    elif unsent is None:
        yield found.highest.finding("RATE_KEPT", INFO, completed_rate=found.highest.completed_rate)


def _between(code: str, severity: str, low: Level, high: Level, **numbers: float | None) -> Finding:
    return low.finding(
        code,
        severity,
        throughput=low.throughput,
        load_to=high.load,
        throughput_to=high.throughput,
        **numbers,
    )


def _gain_percent(low: Level, high: Level) -> float:
    return 100.0 * (high.throughput / low.throughput - 1.0)
