"""The figures of a level that comparisons and gates are about, by the names gates have for them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from google.protobuf.message import Message

from loadcell.stats.differences import Estimate, estimate_share
from loadcell.stats.gates import HIGHER_IS_BETTER, LATENCIES
from loadcell.stats.intervals import Interval
from loadcell.v1 import result_pb2

# Where the result document calls them otherwise.
_LATENCY_FIELDS = {"e2e": "e2e_latency"}
_FIELDS = {
    "throughput": "throughput_tokens_per_sec",
    "input_throughput": "input_throughput_tokens_per_sec",
    "request_rate": "request_rate_per_sec",
    "error_rate": "error_rate_percent",
}
# Many values inside one request, which depend on one another; intervals are of values that do not.
_GAPS = ("itl", "icl")
_UNITS = {
    "throughput": "tokens_per_second",
    "input_throughput": "tokens_per_second",
    "request_rate": "requests_per_second",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: a metric, and of a latency one of its statistics."""

    metric: str
    statistic: str = ""

    def __str__(self) -> str:
        return f"{self.metric}.{self.statistic}" if self.statistic else self.metric

    @property
    def unit(self) -> str:
        """Unit of its values."""
        return "ms" if self.metric in LATENCIES else _UNITS.get(self.metric, "percent")

    @property
    def lower_is_better(self) -> bool:
        """Whether it gets worse by rising."""
        return self.metric not in HIGHER_IS_BETTER

    def value(self, level: result_pb2.LevelResult) -> float | None:
        """Return the figure of a level, None where it is not defined."""
        source, name = self._place(level)
        if not source.HasField(name):
            return None
        found: float = getattr(source, name)
        return found if math.isfinite(found) else None

    def estimate(self, level: result_pb2.LevelResult) -> Estimate | None:
        """Return the figure of a level with its 95 % confidence interval, if the document says enough for one."""
        value = self.value(level)
        if value is None:
            return None
        if self.metric == "error_rate":
            return estimate_share(level.failed_requests, level.total_requests - level.cancelled_requests)
        if self.metric == "goodput":
            return estimate_share(level.goodput.satisfied_requests, level.goodput.total_requests)
        return Estimate(value, self._interval(level))

    @property
    def without_interval(self) -> str:
        """Why a level may have the figure without a confidence interval, in one sentence."""
        if self.metric in _GAPS:
            return "gaps of a request depend on one another, so that their number gives no interval; tpot has one"
        if self.metric in _UNITS:
            return "a run was too short, or its rate not steady for long enough, for an interval"
        return "a run has too few requests for an interval"

    def _place(self, level: result_pb2.LevelResult) -> tuple[Message, str]:
        if self.metric in LATENCIES:
            return getattr(level, _LATENCY_FIELDS.get(self.metric, self.metric)), self.statistic
        if self.metric == "goodput":
            return level.goodput, "goodput_percent"
        return level, _FIELDS[self.metric]

    def _interval(self, level: result_pb2.LevelResult) -> Interval | None:
        source, name = self._place(level)
        name = f"{name}_ci"
        if name not in source.DESCRIPTOR.fields_by_name or not source.HasField(name):
            return None
        ends = getattr(source, name)
        return Interval(ends.low, ends.high)


# What every comparison tells, in the order of the answer.
COMPARED = (
    *(Figure(metric, q) for metric in ("ttft", "tpot", "itl", "e2e") for q in ("p50", "p95", "p99")),
    Figure("throughput"),
    Figure("request_rate"),
    Figure("goodput"),
    Figure("error_rate"),
)
# Of levels that ask for a rate: what a user waits who does not wait for others.
COMPARED_OPEN = tuple(Figure("response_time", q) for q in ("p50", "p95", "p99"))
