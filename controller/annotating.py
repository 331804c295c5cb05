"""Changes what people say about a run."""

from __future__ import annotations

from controller.labels import check_labels
from controller.query.results import require_run
from controller.scope import Scope
from controller.store.annotations import Annotations, get_annotations, set_annotations
from controller.store.database import Connection
from loadcell.errors import LoadcellError
from loadcell.protocol import MAX_LABELS
from loadcell.v1 import result_pb2, run_pb2

MAX_NOTES = 10_000  # characters


def annotate(connection: Connection, request: run_pb2.UpdateRunRequest, scope: Scope) -> Annotations:
    """Carry out a request and return the annotations afterwards.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, LIMIT_EXCEEDED or MISSING_REQUIRED_FIELD with the field;
            RUN_NOT_FOUND.
    """
    _check(request)
    run_id = require_run(connection, request.run_id, scope).run_id
    before = get_annotations(connection, run_id, to_change=True)
    if before is None:
        raise LoadcellError("RUN_NOT_FOUND", f"run {run_id} was deleted", metadata={"run_id": run_id})
    config = result_pb2.RunConfig()
    config.CopyFrom(before.config)
    for key in request.remove_labels:
        config.labels.pop(key, None)
    config.labels.update(request.labels)
    check_labels("labels", config.labels)
    after = Annotations(
        config,
        request.notes if request.HasField("notes") else before.remark,
        request.baseline if request.HasField("baseline") else before.baseline,
    )
    set_annotations(connection, run_id, after)
    return after


def _check(request: run_pb2.UpdateRunRequest) -> None:
    check_labels("labels", request.labels)
    if len(request.remove_labels) > MAX_LABELS:
        raise LoadcellError(
            "LIMIT_EXCEEDED",
            f"remove_labels has {len(request.remove_labels)} entries, at most {MAX_LABELS}",
            field="remove_labels",
        )
    both = next((key for key in request.remove_labels if key in request.labels), None)
    if both is not None:
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"label {both[:64]!r} is to be set and removed", field="remove_labels"
        )
    if "\0" in request.notes:
        raise LoadcellError("INVALID_FIELD_VALUE", "notes have a NUL", field="notes")
    if len(request.notes) > MAX_NOTES:
        raise LoadcellError(
            "LIMIT_EXCEEDED",
            f"notes have {len(request.notes):,} characters, at most {MAX_NOTES:,}",
            field="notes",
        )
