"""Finds the runs that are to be compared."""

from __future__ import annotations

from collections.abc import Sequence

from controller.query.results import require_result, require_run
from controller.scope import Scope
from controller.store.contexts import context_of
from controller.store.database import Connection
from controller.store.run_history import find_baseline
from loadcell.errors import LoadcellError
from loadcell.v1 import result_pb2

BASELINE = "baseline"  # stands for the run that is marked as one


def results_to_compare(connection: Connection, run_ids: Sequence[str], scope: Scope) -> list[result_pb2.RunResult]:
    """Return the results of two to ten different runs.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, RUN_NOT_FOUND, RUN_NOT_FINISHED or RUN_FAILED naming the run.
    """
    if not 2 <= len(run_ids) <= 10:
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"2 to 10 runs are compared, not {len(run_ids)}", field="run_ids"
        )
    twice = next((run_id for run_id in run_ids if list(run_ids).count(run_id) > 1), None)
    if twice is not None:
        raise LoadcellError("INVALID_FIELD_VALUE", f"run {twice[:64]} is given twice", field="run_ids")
    others = [run_id for run_id in run_ids if run_id != BASELINE]
    marked = _baseline(connection, others, scope) if len(others) < len(run_ids) else ""
    return [_result(connection, marked if run_id == BASELINE else run_id, scope) for run_id in run_ids]


def _baseline(connection: Connection, others: Sequence[str], scope: Scope) -> str:
    run = require_run(connection, others[0], scope)
    project_id = context_of(run.config, run.model).project_id
    found = find_baseline(connection, project_id, run.model, others)
    if found is None:
        raise LoadcellError(
            "RUN_NOT_FOUND",
            f"no completed run of model {run.model!r} in project {project_id!r} is marked as baseline; mark one,"
            " or name the run to compare with",
            field="run_ids",
        )
    return found


def _result(connection: Connection, run_id: str, scope: Scope) -> result_pb2.RunResult:
    try:
        return require_result(connection, run_id, scope, partial=False)
    except LoadcellError as error:
        if error.reason != "RESULT_NOT_FOUND":
            raise
        raise LoadcellError("RUN_NOT_FINISHED", error.message, metadata=error.metadata) from error
