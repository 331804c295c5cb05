"""How much the requests of a level differ from one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controller.analysis.finding import CRITICAL, INFO, WARNING, Finding, known
from controller.analysis.level import Level, figure
from loadcell.stats.verdict import CLEAN

# Times the median, of the 99th percentile; what differs by less than the floor nobody notices.
TAIL_WARNING = 3.0
TAIL_CRITICAL = 10.0
TAIL_FLOOR_MS = 10.0
STALLED_WARNING_PERCENT = 1.0
# Half width of the confidence interval, as a share of the throughput.
UNSTEADY_SHARE = 0.1
P99_REQUESTS = 100
_TAILS = {"TAIL_TTFT": "ttft", "TAIL_TPOT": "tpot", "TAIL_E2E": "e2e_latency"}


def stability(levels: Sequence[Level]) -> list[Finding]:
    """Return where the slow requests of a level are much slower than the others; each kind once, at its worst."""
    judged = [level for level in levels if level.successes]
    tails = [tail for code, name in _TAILS.items() for tail in _tail(code, name, judged)]
    ratios = [ratio for level in judged if (ratio := _ratio(level, "e2e_latency")) is not None]
    if not tails and ratios:
        tails = [Finding("TAIL_NONE", INFO, known(ratio=max(ratios)))]
    return [*tails, *_stalls(judged), *_unsteady(judged), *_too_few(judged)]


def _tail(code: str, name: str, levels: Sequence[Level]) -> Iterator[Finding]:
    rated = [(ratio, level) for level in levels if (ratio := _ratio(level, name)) is not None]
    for ratio, level in sorted(rated, key=lambda pair: -pair[0])[:1]:
        p50, p99 = level.latency(name) or 0.0, level.latency(name, "p99") or 0.0
        if ratio >= TAIL_WARNING and p99 - p50 >= TAIL_FLOOR_MS:
            severity = CRITICAL if ratio >= TAIL_CRITICAL else WARNING
            # Where the client was late, too, the server may not be the only cause.
            late = None if level.result.verdict.status == CLEAN else level.latency("client_delay", "p99")
            yield level.finding(code, severity, p50_ms=p50, p99_ms=p99, ratio=ratio, client_delay_p99_ms=late)


def _ratio(level: Level, name: str) -> float | None:
    p50, p99 = level.latency(name), level.latency(name, "p99")
    return p99 / p50 if p50 and p99 is not None else None


def _stalls(levels: Sequence[Level]) -> Iterator[Finding]:
    def percent(level: Level) -> float:
        return 100.0 * max(0, level.result.stalled_requests) / level.successes

    worst = max(levels, key=percent, default=None)
    if worst is not None and percent(worst) >= STALLED_WARNING_PERCENT:
        yield worst.finding(
            "STALLS",
            WARNING,
            stalled=worst.result.stalled_requests,
            percent=percent(worst),
            longest_ms=figure(worst.result, "longest_stall_ms"),
        )


def _unsteady(levels: Sequence[Level]) -> Iterator[Finding]:
    for level in levels:
        ends = level.result.throughput_tokens_per_sec_ci
        if level.in_tokens and (ends.high - ends.low) / 2 > UNSTEADY_SHARE * level.throughput:
            yield level.finding(
                "THROUGHPUT_UNSTEADY",
                WARNING,
                throughput=level.throughput,
                throughput_low=ends.low,
                throughput_high=ends.high,
            )
            return


def _too_few(levels: Sequence[Level]) -> Iterator[Finding]:
    few = [level for level in levels if level.successes < P99_REQUESTS]
    if few:
        fewest = min(few, key=lambda level: level.successes)
        yield fewest.finding("TOO_FEW_FOR_P99", INFO, levels=len(few), successes=fewest.successes)
