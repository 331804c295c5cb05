"""The progress of a run as the first load tester told it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from gateway.live.outbox import Told
from gateway.live.words import text_of
from loadcell.v1 import run_pb2

COMPLETED, CANCELLED = "completed", "cancelled"
ENDED = frozenset({COMPLETED, "failed", CANCELLED})
LAST = "end"  # number of the message a run ends with


def has_ended(update: run_pb2.WatchRunResponse) -> bool:
    """Whether an update is the last of its run."""
    return update.run.status in ENDED


def progress(update: run_pb2.WatchRunResponse, shown: str, now: float) -> Told:
    """Return the progress of a run.

    Args:
        update: The update of the controller.
        shown: trace_id of the request that was told of last.
        now: Seconds since 1970 UTC.
    """
    level = update.levels[-1] if update.levels else run_pb2.LevelProgress()
    message: dict[str, Any] = {
        "type": "progress",
        "run_id": update.run.run_id,
        "status": update.run.status,
        "progress": _done(level),
        "concurrency": {
            "level": level.concurrency if level.HasField("concurrency") else None,
            "index": level.index,
            "total": update.level_count,
        },
        "overall_percent": update.overall_percent,
    }
    if level.HasField("requested_rate"):
        message["concurrency"]["rate"] = level.requested_rate
    if update.HasField("eta_seconds"):
        message["eta_seconds"] = update.eta_seconds
    if update.agents:
        message["agents"] = [_agent(agent) for agent in update.agents]
    if level.completed:
        message["metrics"] = _metrics(level, now)
    if level.HasField("latest_request") and level.latest_request.trace_id != shown:
        message["request_log"] = _request(level.latest_request)
    return Told(text_of(message), "progress", str(update.revision))


def ended_levels(run_id: str, levels: Iterable[run_pb2.LevelProgress], now: float) -> Told:
    """Return what levels that have ended came to: progress has the figures of the present one alone."""
    told = []
    for level in levels:
        metrics = _metrics(level, now) if level.completed else None
        told.append({"index": level.index, "progress": _done(level), "metrics": metrics})
    return Told(text_of({"type": "levels", "run_id": run_id, "levels": told}), "levels")


def end(run: run_pb2.Run) -> Told:
    """Return the message that a run ends with."""
    message: dict[str, Any] = {"type": COMPLETED, "run_id": run.run_id, "status": run.status}
    if run.status == COMPLETED:
        message["summary"] = {"status": COMPLETED}
    else:
        cancelled = "the run was cancelled" if run.status == CANCELLED else "the run failed"
        message |= {"type": "failed", "error": run.error or cancelled}
    return Told(text_of(message), message["type"], LAST)


def validation(run_id: str, step: run_pb2.ValidationLog) -> Told:
    """Return one step of the comparison with what the server says of itself."""
    log = {
        "step": step.step,
        "message": step.message,
        "status": step.status,
        "timestamp": _unix(step.timestamp),
    }
    return Told(text_of({"type": "validation_log", "run_id": run_id, "validation_log": log}), "validation_log")


def _done(level: run_pb2.LevelProgress) -> dict[str, Any]:
    return {
        "current": int(level.current),
        "total": int(level.total) if level.total.is_integer() else level.total,
        "percent": round(level.percent, 1),
    }


def _metrics(level: run_pb2.LevelProgress, now: float) -> dict[str, Any]:
    """Return the figures of a level: first those of the first load tester, then more."""
    elapsed = level.elapsed_seconds
    return {
        "concurrency": level.concurrency if level.HasField("concurrency") else None,
        "completed": level.completed,
        "success_count": level.success_count,
        "error_count": level.error_count,
        "ttft_avg": _known(level.ttft, "mean"),
        "ttft_p50": _known(level.ttft, "p50"),
        "e2e_avg": _known(level.e2e, "mean"),
        "throughput_current": level.output_tokens / elapsed if elapsed else None,
        "timestamp": now,
        "ttft_p95": _known(level.ttft, "p95"),
        "ttft_p99": _known(level.ttft, "p99"),
        "itl_p50": _known(level.itl, "p50"),
        "itl_p95": _known(level.itl, "p95"),
        "itl_p99": _known(level.itl, "p99"),
        "e2e_p50": _known(level.e2e, "p50"),
        "e2e_p95": _known(level.e2e, "p95"),
        "e2e_p99": _known(level.e2e, "p99"),
        "in_flight": level.in_flight,
        "request_rate": level.request_rate,
        "token_rate": level.token_rate,
        "good_count": level.good_count,
        "errors": dict(level.errors),
        "verdict": level.verdict,
    }


def _agent(agent: run_pb2.AgentProgress) -> dict[str, Any]:
    return {
        "agent_id": agent.agent_id,
        "state": agent.state,
        "started": agent.started,
        "ended": agent.ended,
        "in_flight": agent.in_flight,
        "unacknowledged_batches": agent.unacknowledged_batches,
        "verdict": agent.verdict,
    }


def _request(log: run_pb2.RequestLog) -> dict[str, Any]:
    return {
        "request_id": log.trace_id,
        "status": "completed" if log.success else "failed",
        "ttft_ms": _known(log, "ttft_ms"),
        "e2e_ms": _known(log, "e2e_ms"),
        "output_tokens": _known(log, "output_tokens"),
        "success": log.success,
        "error_type": _known(log, "error_type"),
        "timestamp": _unix(log.timestamp),
    }


def _known(message: Any, name: str) -> Any:
    return getattr(message, name) if message.HasField(name) else None


def _unix(timestamp: Timestamp) -> float:
    return timestamp.ToMicroseconds() / 1e6
