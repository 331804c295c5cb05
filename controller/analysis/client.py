"""Whether the figures can be believed, and what to change where they cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controller.analysis.finding import CRITICAL, INFO, WARNING, Finding, known
from loadcell.stats.verdict import (
    CLEAN,
    CLIENT_DELAY_FLOOR_DEGRADED_MS,
    CLIENT_LIMITED,
    CPU_SHARE_LIMIT,
    HELD_BACK_LIMIT_SECONDS,
    LOOP_LAG_LIMIT_MS,
    OPEN_FILES_SHARE_LIMIT,
    RETRANSMIT_FLOOR,
    RETRANSMIT_SHARE_LIMIT,
)
from loadcell.v1 import result_pb2

MAX_REASONS = 10


def client(result: result_pb2.RunResult) -> list[Finding]:
    """Return the verdict on the client and, unless it was clean, each resource that ran short."""
    if not result.results:
        return []
    worst = _Worst(result.agents)
    status = result.verdict.status or CLEAN
    measured = known(cpu_percent=worst.of("cpu_share", 100.0), client_delay_p99_ms=worst.of("client_delay_p99_ms"))
    if status == CLEAN:
        return [Finding("CLIENT_CLEAN", INFO, measured)]
    limited = sum(level.verdict.status == CLIENT_LIMITED for level in result.results)
    code, severity = ("CLIENT_LIMITED", CRITICAL) if status == CLIENT_LIMITED else ("CLIENT_DEGRADED", WARNING)
    numbers = {**known(levels=len(result.results), limited_levels=limited), **measured}
    reasons = tuple(result.verdict.reasons[:MAX_REASONS])
    return [Finding(code, severity, numbers, details=reasons), *_short(worst, severity)]


class _Worst:
    """The largest figure that any agent told of itself."""

    def __init__(self, results: Iterable[result_pb2.AgentResult]) -> None:
        agents = list(results)
        self.agents = len(agents)
        self.workers = sum(max(0, agent.worker_count) for agent in agents)
        self._told = [agent.health for agent in agents if agent.HasField("health")]

    def of(self, name: str, scale: float = 1.0) -> float | None:
        """Return the largest, None when no agent told."""
        return max((scale * max(0.0, getattr(health, name)) for health in self._told), default=None)

    def above(self, name: str, limit: float) -> bool:
        """Whether any is above a limit."""
        return (self.of(name) or 0.0) > limit

    def share(self, name: str, of: str) -> tuple[float, float, float]:
        """Return the largest share of one figure in another, with both."""
        pairs = ((max(0.0, getattr(health, name)), max(0.0, getattr(health, of))) for health in self._told)
        return max(((part / whole, part, whole) for part, whole in pairs if whole), default=(0.0, 0.0, 0.0))


def _short(worst: _Worst, severity: str) -> Iterator[Finding]:
    if worst.above("cpu_share", CPU_SHARE_LIMIT):
        numbers = known(cpu_percent=worst.of("cpu_share", 100.0), workers=worst.workers, agents=worst.agents)
        yield Finding("CLIENT_CPU", severity, numbers)
    if worst.above("client_delay_p99_ms", CLIENT_DELAY_FLOOR_DEGRADED_MS):
        numbers = known(client_delay_p99_ms=worst.of("client_delay_p99_ms"))
        yield Finding("CLIENT_READS_LATE", severity, numbers)
    if worst.above("loop_lag_max_ms", LOOP_LAG_LIMIT_MS["kernel"]):
        yield Finding("CLIENT_STOOD_STILL", WARNING, known(loop_lag_max_ms=worst.of("loop_lag_max_ms")))
    share, part, whole = worst.share("open_files", "open_files_limit")
    if share > OPEN_FILES_SHARE_LIMIT:
        yield Finding("CLIENT_FILES", severity, known(open_files=part, open_files_limit=whole))
    share, part, whole = worst.share("retransmits", "reads")
    if share > RETRANSMIT_SHARE_LIMIT and part > RETRANSMIT_FLOOR:
        yield Finding("NETWORK_LOSSES", WARNING, known(retransmits=part, percent=100.0 * share))
    for code, name in (("CLIENT_HELD_BACK", "uplink_full_seconds"), ("CLIENT_FENCED", "fenced_seconds")):
        if worst.above(name, HELD_BACK_LIMIT_SECONDS):
            yield Finding(code, WARNING, known(seconds=worst.of(name)))
