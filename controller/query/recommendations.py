"""Runs that are to recommend a capacity, and their answers."""

from __future__ import annotations

from controller.lifecycle import STATUS_WORDS, run_ended
from controller.messages import timestamp
from controller.recommend.document import answer
from controller.scope import Scope
from controller.store.database import Connection
from controller.store.records import RunRecord
from controller.store.runs import get_result, get_run
from loadcell.errors import LoadcellError
from loadcell.v1 import recommend_pb2, run_pb2


def require_recommendation(connection: Connection, run_id: str, scope: Scope) -> RunRecord:
    """Return a run that is to recommend a capacity.

    Raises:
        LoadcellError: MISSING_REQUIRED_FIELD; RECOMMENDATION_NOT_FOUND, there is no such run in the scope.
    """
    if not run_id:
        raise LoadcellError("MISSING_REQUIRED_FIELD", "run_id is required", field="run_id")
    run = get_run(connection, run_id, scope)
    if run is None or not run.config.HasField("recommendation"):
        shown = run_id[:64]
        raise LoadcellError(
            "RECOMMENDATION_NOT_FOUND", f"there is no recommendation {shown}", metadata={"run_id": shown}
        )
    return run


def state_of(run: RunRecord) -> recommend_pb2.GetRecommendationResponse:
    """Return how far a recommendation is; times that have not come stay unset."""
    return recommend_pb2.GetRecommendationResponse(
        run_id=run.run_id,
        status=STATUS_WORDS[run.state],
        server_url=run.server_url,
        model=run.model,
        created_at=timestamp(run.created_at),
        started_at=None if run.started_at is None else timestamp(run.started_at),
        completed_at=None if run.completed_at is None else timestamp(run.completed_at),
        error=run.error,
    )


def require_answer(
    connection: Connection, run_id: str, scope: Scope
) -> recommend_pb2.GetRecommendationResultResponse:
    """Return what a run recommends.

    Raises:
        LoadcellError: as `require_recommendation`; RUN_NOT_FINISHED; RECOMMENDATION_FAILED.
    """
    run = require_recommendation(connection, run_id, scope)
    metadata = {"run_id": run.run_id}
    if not run_ended(run.state):
        raise LoadcellError("RUN_NOT_FINISHED", f"recommendation {run.run_id} is not there yet", metadata=metadata)
    result = get_result(connection, run)
    if run.state == run_pb2.RUN_STATE_FAILED or result is None:
        error = run.error or "the run ended without a result"
        raise LoadcellError("RECOMMENDATION_FAILED", f"Recommendation failed: {error}", metadata=metadata)
    return answer(result)
