"""Result documents, and the runs they are of."""

from __future__ import annotations

from controller.dispatch.results import compute_result
from controller.lifecycle import run_ended
from controller.scope import Scope
from controller.store.database import Connection
from controller.store.records import RunRecord
from controller.store.retention import requests_expired
from controller.store.runs import get_result, get_run
from loadcell.errors import LoadcellError
from loadcell.v1 import result_pb2, run_pb2


def require_run(connection: Connection, run_id: str, scope: Scope) -> RunRecord:
    """Return a run.

    Raises:
        LoadcellError: MISSING_REQUIRED_FIELD; RUN_NOT_FOUND, there is none in the scope.
    """
    if not run_id:
        raise LoadcellError("MISSING_REQUIRED_FIELD", "run_id is required", field="run_id")
    run = get_run(connection, run_id, scope)
    if run is None:
        shown = run_id[:64]
        raise LoadcellError("RUN_NOT_FOUND", f"there is no run {shown}", metadata={"run_id": shown})
    return run


def check_requests(connection: Connection, run: RunRecord) -> None:
    """Raise RESULT_NOT_FOUND when requests of a run were deleted for their age."""
    if requests_expired(connection, run.run_key):
        raise LoadcellError(
            "RESULT_NOT_FOUND",
            f"the requests of run {run.run_id} have reached their age and were deleted; its result was kept",
            metadata={"run_id": run.run_id},
        )


def is_visible(run: RunRecord, scope: Scope) -> bool:
    """Whether a run is in a scope."""
    return scope.holds(run.project_id)


def require_result(connection: Connection, run_id: str, scope: Scope, *, partial: bool) -> result_pb2.RunResult:
    """Return the result of a run; with `partial` what has been measured so far, whatever its state.

    Raises:
        LoadcellError: RUN_NOT_FOUND, RESULT_NOT_FOUND, RUN_NOT_FINISHED, RUN_FAILED.
    """
    run = require_run(connection, run_id, scope)
    if not partial:
        check_finished(run)
    stored = get_result(connection, run) if run_ended(run.state) else None
    if stored is not None:
        # They may have been changed since; there is one truth.
        stored.config.ClearField("labels")
        stored.config.labels.update(run.config.labels)
        return stored
    if not partial:
        raise LoadcellError("RESULT_NOT_FOUND", f"run {run_id} has no result", metadata={"run_id": run_id})
    return compute_result(connection, run)


def check_finished(run: RunRecord) -> None:
    """Raise unless a run has completed or was cancelled."""
    metadata = {"run_id": run.run_id}
    if run.state == run_pb2.RUN_STATE_PENDING:
        raise LoadcellError("RESULT_NOT_FOUND", f"run {run.run_id} has not started yet", metadata=metadata)
    if not run_ended(run.state):
        raise LoadcellError("RUN_NOT_FINISHED", f"run {run.run_id} is still going on", metadata=metadata)
    if run.state == run_pb2.RUN_STATE_FAILED:
        raise LoadcellError("RUN_FAILED", f"run {run.run_id} failed: {run.error}", metadata=metadata)
