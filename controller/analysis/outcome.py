"""How a run went as a whole, and why requests failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from controller.analysis.finding import CRITICAL, INFO, WARNING, Finding, known
from controller.analysis.level import Level
from loadcell.documents.enums import words
from loadcell.v1 import result_pb2, sample_pb2

# Failures in percent of the requests that were not cancelled.
WARNING_PERCENT: Final = 1.0
CRITICAL_PERCENT: Final = 5.0
_CLASSES: Final = frozenset(word for number, word in words(sample_pb2.ErrorClass.DESCRIPTOR).items() if number)
_MAX_OTHERS: Final = 10


def outcome(result: result_pb2.RunResult) -> list[Finding]:
    """Return how many requests there were and what became of them."""
    total = sum(max(0, level.total_requests) for level in result.results)
    if not total:
        return [Finding("NO_REQUESTS", CRITICAL)]
    successes = sum(max(0, level.successful_requests) for level in result.results)
    seconds = max(0.0, result.duration_seconds)
    numbers = known(levels=len(result.results), requests=total, successes=successes, seconds=seconds)
    found = [Finding("OVERVIEW", INFO, numbers)]
    if not successes:
        found.append(Finding("NO_SUCCESS", CRITICAL, known(requests=total)))
    return [*found, *_incomplete(result, total)]


def _incomplete(result: result_pb2.RunResult, total: int) -> Iterator[Finding]:
    cancelled = sum(max(0, level.cancelled_requests) for level in result.results)
    unexecuted = sum(max(0, level.unexecuted_requests) for level in result.results)
    if result.status == "cancelled" or cancelled or unexecuted:
        yield Finding("INCOMPLETE", WARNING, known(cancelled=cancelled, unexecuted=unexecuted))
    censored = sum(max(0, level.censored_requests) for level in result.results)
    if censored:
        yield Finding("CENSORED", WARNING, known(censored=censored, percent=100.0 * censored / total))


def failures(result: result_pb2.RunResult, levels: Sequence[Level]) -> list[Finding]:
    """Return the classes of errors, most frequent first."""
    counts = Counter[str]()
    for one in result.results:
        counts.update({name: count for name, count in one.errors.items() if count > 0})
    requests = sum(max(0, one.total_requests - one.cancelled_requests) for one in result.results)
    if not counts:
        return [Finding("ERRORS_NONE", INFO, known(requests=requests))] if requests else []
    others = {name: count for name, count in counts.items() if name not in _CLASSES}
    found = {f"ERRORS_{name.upper()}": [name] for name in counts if name not in others}
    if others:
        found["ERRORS_OTHER"] = sorted(others)
    made = [_failure(code, names, counts, requests, levels) for code, names in found.items()]
    return sorted(made, key=lambda one: (-one.numbers["count"], one.code))


def _failure(
    code: str, names: Sequence[str], counts: Counter[str], requests: int, levels: Sequence[Level]
) -> Finding:
    count = sum(counts[name] for name in names)
    percent = 100.0 * count / requests if requests else None
    severity = INFO
    if percent is None or percent >= CRITICAL_PERCENT:
        severity = CRITICAL
    elif percent >= WARNING_PERCENT:
        severity = WARNING
    first = next((level for level in levels if any(level.result.errors.get(name, 0) > 0 for name in names)), None)
    return Finding(
        code,
        severity,
        known(count=count, percent=percent, load=None if first is None else first.load),
        open_loop=first is not None and first.open_loop,
        details=tuple(name[:64] for name in names[:_MAX_OTHERS]) if code == "ERRORS_OTHER" else (),
    )
