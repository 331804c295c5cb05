"""Computing and storing the result document of a run that has ended."""

from __future__ import annotations

import time
from dataclasses import replace

import structlog

from controller.dispatch.active import ActiveRun
from controller.dispatch.tenure import Tenure
from controller.dispatch.validating import conclusion
from controller.lifecycle import run_ended
from controller.messages import run_message
from controller.recommend.events import log_end
from controller.report.document import build_result
from controller.scope import Scope
from controller.store.censored import censor_stopped
from controller.store.database import Connection, Database
from controller.store.facts import load_facts
from controller.store.ownership import NotHeldError, committed_batches, hold_batches, unbook_result
from controller.store.records import RunRecord
from controller.store.retention import requests_expired
from controller.store.runs import change_state, get_run, set_result
from controller.store.validation import add_step
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.v1 import result_pb2, run_pb2

log = structlog.get_logger()


def compute_result(connection: Connection, run: RunRecord) -> result_pb2.RunResult:
    """Return the result of what is stored of a run, whatever its state."""
    return build_result(load_facts(connection, run, run_message))


async def finish_run(tenure: Tenure, run: ActiveRun, state: run_pb2.RunState, error: str | None) -> None:
    """End a run: store its result together with its last state, so that one is never seen without the other.

    When more was stored while the result was computed, it stays this process's, which makes it again.
    """
    # A run may be cancelled between the decision to start and the start.
    completed_at = max(wall_micros(), run.record.started_at or 0)
    ended = replace(run.record, state=state, completed_at=completed_at, error=error)
    run.result_begun = True

    def compute(connection: Connection) -> tuple[result_pb2.RunResult, int]:
        return compute_result(connection, ended), committed_batches(connection, ended.run_key)

    result, covered = await tenure.database.read(compute)
    last_steps = conclusion(result)

    def store(connection: Connection) -> None:
        complete = hold_batches(connection, ended.run_key) == covered
        owner = None if complete else ended.owner
        values = {"completed_at": ended.completed_at, "error": error, "owner": owner}
        change_state(connection, ended.run_key, state, values)
        set_result(connection, ended.run_key, result)
        for step in last_steps:
            add_step(connection, ended.run_key, step)

    try:
        await tenure.write(run, store)
    except LoadcellError as refused:
        cancelling = refused.reason == "ILLEGAL_TRANSITION" and not isinstance(refused, NotHeldError)
        if not cancelling or state == run_pb2.RUN_STATE_CANCELLED:
            raise
        # A cancel was accepted in the last moment, so cancelled is what the run is.
        await finish_run(tenure, run, run_pb2.RUN_STATE_CANCELLED, error)
        return
    tenure.verdicts[result.verdict.status] += 1
    run.record = replace(ended, owner=None)
    run.validation.extend(last_steps)
    run.ended_at = time.monotonic()
    run.changes.publish()
    _log_end(run.record, result)
    log_end(run.record, result)


async def rebuild_result(database: Database, run_id: str) -> bool:
    """Compute the stored result of an ended run again, because more of it has arrived.

    That of a run whose requests have reached their age stays: it cannot be made of what is left.

    Returns:
        Whether it is complete; else still more has arrived meanwhile, and nothing was stored.
    """

    def rebuild(connection: Connection) -> tuple[RunRecord, result_pb2.RunResult | None, int] | None:
        run = get_run(connection, run_id, Scope.everything())
        if run is None or not run_ended(run.state):
            return None
        result, covered = compute_result(connection, run), committed_batches(connection, run.run_key)
        # Not before: what PostgreSQL drops is gone at once, also for a transaction that began before.
        expired = requests_expired(connection, run.run_key)
        return run, None if expired else result, covered

    def settle(connection: Connection) -> None:
        run = get_run(connection, run_id, Scope.everything())
        if run is not None and run.state == run_pb2.RUN_STATE_COMPLETED:
            censor_stopped(connection, run.run_key)

    async def leave(run_key: int) -> bool:
        await database.write(lambda c: unbook_result(c, run_key), repeatable=True)
        return True

    expired = await database.read(lambda c: _expired(c, run_id))
    if expired is not None:
        return await leave(expired)
    await database.write(settle)
    found = await database.read(rebuild)
    if found is None:
        return True
    run, result, covered = found
    if result is None:
        return await leave(run.run_key)

    def store(connection: Connection) -> bool:
        if hold_batches(connection, run.run_key) != covered:
            return False
        set_result(connection, run.run_key, result)
        unbook_result(connection, run.run_key)
        return True

    complete = await database.write(store, repeatable=True)
    if complete:
        log.info("result_rebuilt", run_id=run_id, total_requests=result.summary.total_requests)
    return complete


def _expired(connection: Connection, run_id: str) -> int | None:
    """Return the key of a run whose requests were deleted for their age."""
    run = get_run(connection, run_id, Scope.everything())
    return run.run_key if run is not None and requests_expired(connection, run.run_key) else None


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
