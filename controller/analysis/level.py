"""What the rules read of one level of a result."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from google.protobuf.message import Message

from controller.analysis.finding import Finding, known
from loadcell.stats.verdict import CLIENT_LIMITED
from loadcell.v1 import result_pb2

_TOKENS, _REQUESTS = "throughput_tokens_per_sec", "request_rate_per_sec"


def figure(message: Message, name: str) -> float | None:
    """Return a number of a message; None when it is not set, not finite or negative."""
    if not message.HasField(name):
        return None
    number = float(getattr(message, name))
    return number if math.isfinite(number) and number >= 0 else None


@dataclass(frozen=True, slots=True)
class Level:
    """A level whose load is known.

    Attributes:
        load: Requests in flight, or requests per second of an open loop.
        open_loop: Which of them it is.
        in_tokens: Whether throughput is in tokens; it is in requests where not all tokens were counted.
        result: What was measured.
    """

    load: float
    open_loop: bool
    in_tokens: bool
    result: result_pb2.LevelResult

    @property
    def requests(self) -> int:
        """Requests that were measured and not cancelled."""
        return max(0, self.result.total_requests - self.result.cancelled_requests)

    @property
    def successes(self) -> int:
        """Requests that succeeded."""
        return max(0, self.result.successful_requests)

    @property
    def usable(self) -> bool:
        """Whether it says what the server can do: something was done, and the client was fit to measure it."""
        limited = self.result.verdict.status == CLIENT_LIMITED
        return self.successes > 0 and self.throughput > 0 and not limited

    @property
    def throughput(self) -> float:
        """Output tokens or requests per second, 0 where it is not known."""
        return figure(self.result, _TOKENS if self.in_tokens else _REQUESTS) or 0.0

    @property
    def completed_rate(self) -> float:
        """Requests completed per second, 0 where it is not known."""
        return figure(self.result, _REQUESTS) or 0.0

    @property
    def error_percent(self) -> float:
        """Failed requests in percent of those that were not cancelled."""
        return 100.0 * max(0, self.result.failed_requests) / self.requests if self.requests else 0.0

    def latency(self, name: str, statistic: str = "p50") -> float | None:
        """Return a statistic of a latency in milliseconds, None when there is none."""
        return figure(getattr(self.result, name), statistic)

    def finding(self, code: str, severity: str, **numbers: float | None) -> Finding:
        """Return a finding at this load, and perhaps at others of the same kind."""
        numbers = {"load": self.load, **numbers}
        return Finding(code, severity, known(**numbers), open_loop=self.open_loop, in_tokens=self.in_tokens)


def read_levels(result: result_pb2.RunResult) -> list[Level]:
    """Return the levels of a result by rising load, those of closed loops first."""
    levels = sorted(_levels(result), key=lambda level: (level.open_loop, level.load))
    if all(level.throughput for level in levels if level.successes):
        return levels
    return [replace(level, in_tokens=False) for level in levels]


def _levels(result: result_pb2.RunResult) -> Iterator[Level]:
    for one in result.results:
        for open_loop, name in ((False, "concurrency"), (True, "requested_rate")):
            load = figure(one, name)
            if load:
                yield Level(load, open_loop, in_tokens=True, result=one)
                break
