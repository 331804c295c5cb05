"""Which runs a list is asked for."""

from __future__ import annotations

from collections.abc import Iterable

from controller.labels import is_label
from controller.lifecycle import STATUS_WORDS
from controller.query.costs.question import check_project
from controller.query.traces.values import read_text
from controller.scope import Scope
from controller.store.run_history import RunFilter
from controller.store.run_search import words_of
from loadcell.errors import LoadcellError
from loadcell.instants import read_time
from loadcell.protocol import MAX_LABEL_TEXT
from loadcell.v1 import run_pb2

MAX_LABELS_ASKED = 16
MAX_SEARCH = 256  # characters


def run_filter(request: run_pb2.ListRunsRequest, scope: Scope, now: int) -> RunFilter:
    """Return the filter a request asks for; `now` is the time it is asked for, microseconds since 1970 UTC.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, INVALID_FIELD_FORMAT, INVALID_DATE_RANGE, LIMIT_EXCEEDED or
            PROJECT_ACCESS_DENIED with the field.
    """
    check_project(request.project_id, scope)
    status, state = _status(request.status)
    first, last = (
        read_time(text, now, name).micros if text else None
        for text, name in ((request.created_from, "created_from"), (request.created_to, "created_to"))
    )
    if first is not None and last is not None and last <= first:
        raise LoadcellError(
            "INVALID_DATE_RANGE",
            f"created_to {request.created_to!r} is not after created_from {request.created_from!r}",
            field="created_to",
        )
    return RunFilter(
        scope,
        status=status,
        state=state,
        model=read_text(request.model, "model") if request.model else None,
        project_id=read_text(request.project_id, "project_id") if request.project_id else None,
        created_from=first,
        created_to=last,
        baseline=request.baseline if request.HasField("baseline") else None,
        labels=_labels(request.labels),
        words=words_of(read_text(request.search, "search", MAX_SEARCH)) if request.search else (),
    )


def _status(text: str) -> tuple[str | None, run_pb2.RunState | None]:
    """Return the public word, and the state where the name of one is given."""
    word = text.strip().lower()
    if not word or word in STATUS_WORDS.values():
        return word or None, None
    name = "RUN_STATE_" + word.upper().removeprefix("RUN_STATE_")
    states = {run_pb2.RunState.Name(state): state for state in STATUS_WORDS}
    if name not in states:
        known = ", ".join(dict.fromkeys(STATUS_WORDS.values()))
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"status {text[:64]!r} is not known; known: {known}", field="status"
        )
    return STATUS_WORDS[states[name]], states[name]


def _labels(texts: Iterable[str]) -> tuple[tuple[str, str | None], ...]:
    wanted = []
    for text in dict.fromkeys(texts):
        key, mark, value = text.partition("=")
        if not is_label(key, value):
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"label {text[:64]!r} is not written like key=value or key, of at most {MAX_LABEL_TEXT} characters"
                " each, none of them NUL",
                field="labels",
            )
        wanted.append((key, value if mark else None))
    if len(wanted) > MAX_LABELS_ASKED:
        raise LoadcellError(
            "LIMIT_EXCEEDED", f"{len(wanted)} labels are given, at most {MAX_LABELS_ASKED} can be", field="labels"
        )
    return tuple(wanted)
