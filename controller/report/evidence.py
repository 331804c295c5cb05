"""Gathers the figures the client verdict rests on."""

from __future__ import annotations

import numpy as np

from controller.report import messages
from controller.report.facts import LeaseFacts
from controller.report.measured import Level, MeasuredLevel
from loadcell.stats import rates
from loadcell.stats.columns import Ints
from loadcell.stats.health import Health, merge_health
from loadcell.stats.latency import summarize
from loadcell.stats.verdict import Evidence
from loadcell.v1 import result_pb2, sample_pb2, target_pb2


def leases_health(leases: list[LeaseFacts]) -> Health | None:
    """Return what the workers of some leases saw of themselves, None when none of them told."""
    parts = [messages.health(lease.health) for lease in leases if lease.health is not None]
    return merge_health(parts) if parts else None


def timestamp_source(leases: list[LeaseFacts]) -> str:
    """Return "kernel", "user", "mixed", or "" when no lease told."""
    sources = {lease.timestamp_source for lease in leases} - {""}
    return "mixed" if len(sources) > 1 else "".join(sources)


def level_evidence(level: MeasuredLevel, result: result_pb2.LevelResult) -> Evidence:
    """Return the evidence of a level whose figures are computed already."""
    plan, rows = level.plan, level.sent
    connecting = rows.connecting_micros
    ready = rows.start_offset_micros - connecting
    window = level.arrival_window(ready)
    return Evidence(
        health=health_evidence(level, result),
        timestamp_source=timestamp_source(level.facts.leases) or "kernel",
        # Without streaming there is no first token; the delay of a read is then judged beside the whole answer.
        ttft_p50_ms=median_ms(result.ttft) or median_ms(result.e2e_latency),
        e2e_p50_ms=median_ms(result.e2e_latency),
        event_gap_ms=event_gap_ms(result),
        schedule_delay_p99_ms=_tail_ms(np.maximum(ready - rows.scheduled_offset_micros, 0)),
        connecting_p99_ms=_tail_ms(connecting),
        open_loop=plan.rate > 0,
        poisson=plan.arrival == target_pb2.ARRIVAL_POISSON,
        max_concurrency=plan.max_concurrency,
        requested_rate=plan.rate or None,
        achieved_rate=rates.start_rate(ready, window),
        window_seconds=window.seconds,
        requests=result.total_requests,
        client_failures=int((rows.error_class == sample_pb2.ERROR_CLASS_CLIENT).sum()),
        lost_agents=len({lease.agent for lease in level.lost_leases}),
        censored=result.censored_requests,
    )


def health_evidence(level: Level, result: result_pb2.LevelResult) -> Health:
    """Return what agents have told of a level; until one has, the samples stand in for what they hold of it."""
    return leases_health(level.facts.leases) or Health(
        client_delay_p99_ms=result.client_delay.p99, coalesced_share=result.coalesced_share
    )


def median_ms(stats: result_pb2.LatencyStats) -> float | None:
    """Return the median of a latency in milliseconds, None without one."""
    return stats.p50 if stats.HasField("p50") else None


def _tail_ms(micros: Ints) -> float | None:
    """Return p99; with too few values the largest one hides in it, and one value is no finding, so p95."""
    summary = summarize(micros)
    return summary.p95 if summary.p99 is None else summary.p99


def event_gap_ms(result: result_pb2.LevelResult) -> float | None:
    """Return the time from event to event in milliseconds, None where it is not known."""
    if not result.tpot.HasField("p50"):
        return None
    return result.tpot.p50 * max(1.0, result.tokens_per_event)
