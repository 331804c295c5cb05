"""The run at a glance: the best and the total over all levels."""

from __future__ import annotations

from collections.abc import Sequence

from loadcell.stats.goodput import percent
from loadcell.v1 import result_pb2


def build_summary(levels: Sequence[result_pb2.LevelResult]) -> result_pb2.RunSummary:
    """Return the summary of the levels.

    Only levels with successes can be best, so a level that failed altogether is never the fastest; shares are
    weighted by requests, not averaged over levels.
    """
    served = [level for level in levels if level.successful_requests]
    summary = result_pb2.RunSummary(total_requests=sum(level.total_requests for level in levels))
    with_throughput = [level for level in served if level.HasField("throughput_tokens_per_sec")]
    if with_throughput:
        best = max(with_throughput, key=lambda level: level.throughput_tokens_per_sec)
        summary.best_throughput = best.throughput_tokens_per_sec
        if best.HasField("concurrency"):
            summary.best_concurrency = best.concurrency
        if best.HasField("requested_rate"):
            summary.best_rate = best.requested_rate
    medians = [level.ttft.p50 for level in served if level.ttft.HasField("p50")]
    if medians:
        summary.best_ttft_p50 = min(medians)
    failed = sum(level.failed_requests for level in levels)
    judged_requests = sum(level.total_requests - level.cancelled_requests for level in levels)
    error_rate = percent(failed, judged_requests)
    if error_rate is not None:
        summary.overall_error_rate = error_rate
    judged = [level.goodput for level in levels if level.HasField("goodput")]
    good = percent(sum(g.satisfied_requests for g in judged), sum(g.total_requests for g in judged))
    if good is not None:
        summary.avg_goodput_percent = good
    return summary
