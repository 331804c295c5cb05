"""The progress of a run that this controller does not drive, from what is stored of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from controller.store.records import LevelRecord
from loadcell.v1 import result_pb2, run_pb2

ELSEWHERE = "another controller drives this run: shown is what is stored, without latencies"


def ended_progress(
    run: run_pb2.Run, result: result_pb2.RunResult | None, level_count: int
) -> run_pb2.WatchRunResponse:
    """Return the one update a watcher of an ended run gets."""
    levels = [_level(level) for level in result.results] if result is not None else []
    done = sum(level.percent for level in levels) / level_count if level_count else 0.0
    return run_pb2.WatchRunResponse(
        revision=1,
        run=run,
        levels=levels,
        level_count=level_count,
        overall_percent=100.0 if run.state == run_pb2.RUN_STATE_COMPLETED else min(100.0, done),
        notes=result.notes if result is not None else [],
    )


def stored_progress(
    run: run_pb2.Run, levels: Sequence[LevelRecord], stored: Mapping[int, int], now_micros: int
) -> run_pb2.WatchRunResponse:
    """Return an update on a run that goes on.

    Args:
        run: the run.
        levels: its levels.
        stored: how many requests are stored of each, warm-up included.
        now_micros: microseconds since 1970 UTC.
    """
    begun = [
        _stored_level(level, stored.get(level.plan.index, 0), now_micros) for level in levels if level.start_micros
    ]
    return run_pb2.WatchRunResponse(
        revision=1,
        run=run,
        levels=begun,
        level_count=len(levels),
        overall_percent=sum(level.percent for level in begun) / len(levels) if levels else 0.0,
        notes=[ELSEWHERE],
    )


def _stored_level(level: LevelRecord, stored: int, now_micros: int) -> run_pb2.LevelProgress:
    plan = level.plan
    elapsed = max(0.0, (now_micros - level.start_micros) / 1e6)
    completed = max(0, stored - plan.warmup_count)
    total = plan.duration_micros / 1e6 if plan.duration_micros else float(plan.request_count)
    current = min(total, elapsed if plan.duration_micros else float(completed))
    return run_pb2.LevelProgress(
        index=plan.index,
        concurrency=plan.concurrency or None,
        requested_rate=plan.rate or None,
        current=current,
        total=total,
        percent=100.0 * current / total if total else 0.0,
        completed=completed,
        finished=level.finished,
        elapsed_seconds=elapsed,
    )


def _level(level: result_pb2.LevelResult) -> run_pb2.LevelProgress:
    planned = level.planned_requests if level.HasField("planned_requests") else 0
    return run_pb2.LevelProgress(
        index=level.index,
        concurrency=level.concurrency if level.HasField("concurrency") else None,
        requested_rate=level.requested_rate if level.HasField("requested_rate") else None,
        current=level.total_requests if planned else level.duration_seconds,
        total=planned or level.duration_seconds,
        percent=min(100.0, 100.0 * level.total_requests / planned) if planned else 100.0,
        completed=level.total_requests,
        success_count=level.successful_requests,
        error_count=level.failed_requests,
        errors=level.errors,
        request_rate=level.request_rate_per_sec,
        token_rate=level.throughput_tokens_per_sec,
        output_tokens=level.total_output_tokens,
        input_tokens=level.total_input_tokens,
        ttft=_latency(level.ttft),
        itl=_latency(level.itl),
        e2e=_latency(level.e2e_latency),
        good_count=level.goodput.satisfied_requests,
        finished=True,
        verdict=level.verdict.status,
        elapsed_seconds=level.duration_seconds,
    )


def _latency(stats: result_pb2.LatencyStats) -> run_pb2.LiveLatency:
    values = {name: getattr(stats, name) for name in ("mean", "p50", "p95", "p99") if stats.HasField(name)}
    return run_pb2.LiveLatency(count=stats.count, **values)
