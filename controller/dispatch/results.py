"""Computing and storing the result document of a run that has ended."""

from __future__ import annotations

import time
from dataclasses import replace

import structlog

from controller.dispatch.active import ActiveRun
from controller.lifecycle import run_ended
from controller.messages import run_message
from controller.report.document import build_result
from controller.store.censored import censor_stopped
from controller.store.database import Connection, Database
from controller.store.facts import load_facts
from controller.store.records import RunRecord
from controller.store.runs import change_state, get_run, set_result
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.v1 import result_pb2, run_pb2

log = structlog.get_logger()


def compute_result(connection: Connection, run: RunRecord) -> result_pb2.RunResult:
    """Return the result of what is stored of a run, whatever its state."""
    return build_result(load_facts(connection, run, run_message))


async def finish_run(database: Database, run: ActiveRun, state: run_pb2.RunState, error: str | None) -> None:
    """End a run: store its result together with its last state, so that one is never seen without the other."""
    # A run may be cancelled between the decision to start and the start.
    completed_at = max(wall_micros(), run.record.started_at or 0)
    ended = replace(run.record, state=state, completed_at=completed_at, error=error)
    run.result_begun = True
    result = await database.read(lambda c: compute_result(c, ended))

    def store(connection: Connection) -> None:
        values = {"completed_at": ended.completed_at, "error": error, "owner": None}
        change_state(connection, ended.run_key, state, values)
        set_result(connection, ended.run_key, result)

    try:
        await database.write(store)
    except LoadcellError as refused:
        if refused.reason != "ILLEGAL_TRANSITION" or state == run_pb2.RUN_STATE_CANCELLED:
            raise
        # A cancel was accepted in the last moment, so cancelled is what the run is.
        await finish_run(database, run, run_pb2.RUN_STATE_CANCELLED, error)
        return
    run.record = replace(ended, owner=None)
    run.ended_at = time.monotonic()
    run.changes.publish()
    _log_end(run.record, result)


async def rebuild_result(database: Database, run_id: str) -> None:
    """Compute the stored result of an ended run again, because more of it has arrived."""

    def rebuild(connection: Connection) -> tuple[RunRecord, result_pb2.RunResult] | None:
        run = get_run(connection, run_id)
        return (run, compute_result(connection, run)) if run is not None and run_ended(run.state) else None

    def settle(connection: Connection) -> None:
        run = get_run(connection, run_id)
        if run is not None and run.state == run_pb2.RUN_STATE_COMPLETED:
            censor_stopped(connection, run.run_key)

    await database.write(settle)
    found = await database.read(rebuild)
    if found is not None:
        run, result = found
        await database.write(lambda c: set_result(c, run.run_key, result))
        log.info("result_rebuilt", run_id=run_id, total_requests=result.summary.total_requests)


def _log_end(run: RunRecord, result: result_pb2.RunResult) -> None:
    if run.state == run_pb2.RUN_STATE_FAILED:
        log.error("benchmark_failed", run_id=run.run_id, error=run.error)
        return
    log.info(
        "benchmark_completed" if run.state == run_pb2.RUN_STATE_COMPLETED else "benchmark_cancelled",
        run_id=run.run_id,
        duration=result.duration_seconds,
        total_requests=result.summary.total_requests,
        successful_requests=sum(level.successful_requests for level in result.results),
        failed_requests=sum(level.failed_requests for level in result.results),
    )
