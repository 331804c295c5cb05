"""What the log tells of recommendations, beside what it tells of every run."""

from __future__ import annotations

import structlog

from controller.recommend.document import answer
from controller.store.records import RunRecord
from loadcell.v1 import result_pb2, run_pb2

log = structlog.get_logger()


def log_start(run: RunRecord) -> None:
    """Log that the first step has started, of a run that is to recommend a capacity."""
    if run.config.HasField("recommendation"):
        log.info("recommendation_started", run_id=run.run_id, server_url=run.server_url, model=run.model)


def log_end(run: RunRecord, result: result_pb2.RunResult | None) -> None:
    """Log what came of a run that was to recommend a capacity; a run may end without a result."""
    if not run.config.HasField("recommendation"):
        return
    if run.state == run_pb2.RUN_STATE_FAILED or result is None:
        log.error("recommendation_failed", run_id=run.run_id, error=run.error)
        return
    found = answer(result).recommendation
    log.info(
        "recommendation_completed" if run.state == run_pb2.RUN_STATE_COMPLETED else "recommendation_cancelled",
        run_id=run.run_id,
        outcome=found.outcome,
        recommended_gpu=found.recommended_gpu if found.HasField("recommended_gpu") else None,
        recommended_count=found.recommended_count if found.HasField("recommended_count") else None,
        recommended_server_count=(
            found.recommended_server_count if found.HasField("recommended_server_count") else None
        ),
    )
