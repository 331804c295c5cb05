"""Puts the figures of `loadcell.stats` into the messages of the result document."""

from __future__ import annotations

from dataclasses import asdict

from loadcell.stats.goodput import Goodput, Objectives
from loadcell.stats.health import Health
from loadcell.stats.latency import ErrorInclusive, LatencySummary
from loadcell.stats.verdict import CLEAN, Finding, worst
from loadcell.v1 import result_pb2, target_pb2


def latency(summary: LatencySummary) -> result_pb2.LatencyStats:
    """Return the message of a latency summary; what is not defined stays unset."""
    message = result_pb2.LatencyStats(
        min=summary.min,
        max=summary.max,
        mean=summary.mean,
        median=summary.p50,
        p50=summary.p50,
        p90=summary.p90,
        p95=summary.p95,
        p99=summary.p99,
        p999=summary.p999,
        std=summary.std,
        count=summary.count,
        approximate=summary.approximate,
        with_errors=None if summary.with_errors is None else _with_errors(summary.with_errors),
    )
    for name in ("p50_ci", "p95_ci", "p99_ci"):
        ends = getattr(summary, name)
        if ends is not None:
            getattr(message, name).CopyFrom(result_pb2.Interval(low=ends.low, high=ends.high))
    for name in ("p99_bound", "p999_bound"):
        bound = getattr(summary, name)
        if bound is not None:
            getattr(message, name).CopyFrom(
                result_pb2.QuantileBound(at_most=bound.at_most, confidence=bound.confidence)
            )
    return message


def _with_errors(view: ErrorInclusive) -> result_pb2.ErrorInclusiveStats:
    return result_pb2.ErrorInclusiveStats(
        p50=view.p50,
        p90=view.p90,
        p95=view.p95,
        p99=view.p99,
        p999=view.p999,
        count=view.count,
        finite_share=view.finite_share,
    )


def verdict(findings: list[Finding]) -> result_pb2.Verdict:
    """Return the message of a list of findings; none of them means clean."""
    status = worst([f.status for f in findings]) if findings else CLEAN
    return result_pb2.Verdict(status=status, reasons=[f.reason for f in findings])


def goodput(
    judged: Goodput, thresholds: target_pb2.GoodputThresholds, good_rate: float | None
) -> result_pb2.GoodputResult:
    """Return the message of counts of good requests; `good_rate` is per second."""
    return result_pb2.GoodputResult(
        thresholds=thresholds,
        satisfied_requests=judged.satisfied,
        total_requests=judged.total,
        goodput_percent=judged.percent,
        good_requests_per_sec=good_rate,
        goodput_of_successes=judged.percent_of_successes,
        ttft_satisfied=judged.ttft_satisfied,
        tpot_satisfied=judged.tpot_satisfied,
        e2e_satisfied=judged.e2e_satisfied,
    )


def health(message: result_pb2.WorkerHealth) -> Health:
    """Return the figures of a health message."""
    return Health(
        cpu_share=message.cpu_share,
        loop_lag_max_ms=message.loop_lag_max_ms,
        client_delay_p99_ms=message.client_delay_p99_ms,
        coalesced_share=message.coalesced_share,
        late_arrivals=message.late_arrivals,
        retransmits=message.retransmits,
        open_files=message.open_files,
        open_files_limit=message.open_files_limit,
        clock_steps=message.clock_steps,
        reads=message.reads,
        cpu_micros=message.cpu_micros,
        uplink_full_seconds=message.uplink_full_seconds,
        fenced_seconds=message.fenced_seconds,
    )


def health_message(figures: Health) -> result_pb2.WorkerHealth:
    """Return the message of health figures."""
    return result_pb2.WorkerHealth(**asdict(figures))


def objectives(thresholds: target_pb2.GoodputThresholds) -> Objectives:
    """Return the objectives of a message; an unset one is not checked."""
    return Objectives(
        ttft_ms=thresholds.ttft_ms if thresholds.HasField("ttft_ms") else None,
        tpot_ms=thresholds.tpot_ms if thresholds.HasField("tpot_ms") else None,
        e2e_ms=thresholds.e2e_ms if thresholds.HasField("e2e_ms") else None,
    )
