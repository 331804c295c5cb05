"""Pages of runs."""

from __future__ import annotations

from collections.abc import Iterable

from controller.labels import is_label
from controller.lifecycle import STATUS_WORDS
from controller.messages import run_message
from controller.query import cursor
from controller.query.costs.question import check_project
from controller.query.traces.values import read_text
from controller.scope import Scope
from controller.store.database import Connection
from controller.store.leases import agents_of_runs
from controller.store.run_history import RunFilter, count_runs, list_runs
from controller.store.traces.limits import bounded
from loadcell.errors import LoadcellError
from loadcell.instants import read_time
from loadcell.protocol import MAX_LABEL_TEXT
from loadcell.v1 import run_pb2

MAX_OFFSET = 1_000_000
MAX_LABELS_ASKED = 16


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
    )


def page_of_runs(
    connection: Connection, request: run_pb2.ListRunsRequest, scope: Scope, now: int
) -> run_pb2.ListRunsResponse:
    """Return a page of runs, newest first.

    Relative times count from when the first page was asked for.

    Raises:
        LoadcellError: as `run_filter`, INVALID_CURSOR, and REQUEST_TIMEOUT.
    """
    limit = cursor.page_size(request.limit if request.HasField("limit") else None)
    if not 0 <= request.offset <= MAX_OFFSET:
        raise LoadcellError(
            "LIMIT_EXCEEDED", f"offset must be from 0 to {MAX_OFFSET:,}, not {request.offset}", field="offset"
        )
    if request.cursor and request.offset:
        raise LoadcellError("INVALID_FIELD_VALUE", "cursor and offset exclude each other", field="offset")
    question, after = _question(request), None
    if request.cursor:
        created_at, run_key, asked = cursor.decode(request.cursor, question, (int, int, int))
        after, now = (int(created_at), int(run_key)), int(asked)
    filters = run_filter(request, scope, now)
    with bounded(connection):
        # One more than asked for tells whether there is a next page.
        found = list_runs(connection, filters, limit=limit + 1, offset=request.offset, after=after)
        page = found[:limit]
        agents = agents_of_runs(connection, [run.run_key for run in page])
        total = count_runs(connection, filters)
    more = len(found) > limit
    return run_pb2.ListRunsResponse(
        runs=[run_message(run, agents.get(run.run_key, []), with_config=False) for run in page],
        total=total,
        limit=limit,
        offset=request.offset,
        next_cursor=cursor.encode(question, [page[-1].created_at, page[-1].run_key, now]) if more else "",
    )


def _question(request: run_pb2.ListRunsRequest) -> str:
    """Return all that selects runs, as text."""
    asked = run_pb2.ListRunsRequest()
    asked.CopyFrom(request)
    for name in ("limit", "offset", "cursor"):
        asked.ClearField(name)
    return f"runs {asked.SerializeToString(deterministic=True).hex()}"


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
