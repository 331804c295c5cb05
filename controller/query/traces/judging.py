"""Judgements about traces as they come in requests, checked."""

from __future__ import annotations

import math
import uuid
from typing import NamedTuple

from controller.query.traces.requests import read_key
from controller.query.traces.values import read_text
from controller.trace_ids import RequestKey
from loadcell.errors import LoadcellError
from loadcell.v1 import trace_pb2

MAX_LABEL, MAX_COMMENT, MAX_USER = 64, 4_096, 256  # characters
_RESOLVED = {"resolved": True, "unresolved": False}  # words of which the share of resolved requests is made


class NewJudgement(NamedTuple):
    """What somebody thinks of a request; `feedback_id`, a UUID, makes writing it twice the same as once."""

    feedback_id: str
    key: RequestKey
    score: float | None
    label: str | None
    comment: str | None
    user_id: str | None

    @property
    def resolved(self) -> bool | None:
        """Whether it says that the request did what its user wanted, None if it does not say."""
        return _RESOLVED.get((self.label or "").lower())


def read_judgement(request: trace_pb2.WriteFeedbackRequest) -> NewJudgement:
    """Return what a request says.

    Raises:
        LoadcellError: a part is malformed or out of range, or nothing is said; the error names the field.
    """
    key = read_key(request.trace_id)
    score = request.score if request.HasField("score") else None
    if score is not None and not (math.isfinite(score) and 0 <= score <= 1):
        raise LoadcellError("INVALID_FIELD_VALUE", f"score must be from 0 to 1, not {score}", field="score")
    judgement = NewJudgement(
        feedback_id=_identifier(request.request_id),
        key=key,
        score=score,
        label=_text(request.label, MAX_LABEL, "label"),
        comment=_text(request.comment, MAX_COMMENT, "comment"),
        user_id=_text(request.user_id, MAX_USER, "user_id"),
    )
    if judgement.score is None and judgement.label is None and judgement.comment is None:
        raise LoadcellError("MISSING_REQUIRED_FIELD", "give a score, a label or a comment", field="score")
    return judgement


def _text(value: str, most: int, where: str) -> str | None:
    return read_text(value, where, most) if value else None


def _identifier(request_id: str) -> str:
    if not request_id:
        return str(uuid.uuid4())
    try:
        return str(uuid.UUID(request_id))
    except ValueError as error:
        raise LoadcellError("INVALID_FIELD_FORMAT", "request_id must be a UUID", field="request_id") from error
