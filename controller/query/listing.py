"""Pages of runs and agents."""

from __future__ import annotations

from controller.lifecycle import STATUS_WORDS
from controller.messages import run_message
from controller.query import cursor
from controller.store.database import Connection
from controller.store.leases import agents_of_runs
from controller.store.runs import RunFilter, count_runs, list_runs
from loadcell.errors import LoadcellError
from loadcell.v1 import run_pb2

MAX_OFFSET = 1_000_000


def run_filter(request: run_pb2.ListRunsRequest) -> RunFilter:
    """Return the filter a request asks for; a status is a public word or the name of a state.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, the status is not known.
    """
    model = request.model or None
    word = request.status.strip().lower()
    if not word:
        return RunFilter(model=model)
    if word in STATUS_WORDS.values():
        return RunFilter(status=word, model=model)
    name = "RUN_STATE_" + word.upper().removeprefix("RUN_STATE_")
    states = {run_pb2.RunState.Name(state): state for state in STATUS_WORDS}
    if name not in states:
        known = ", ".join(dict.fromkeys(STATUS_WORDS.values()))
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"status {request.status[:64]!r} is not known; known: {known}",
            field="status",
        )
    return RunFilter(status=STATUS_WORDS[states[name]], state=states[name], model=model)


def page_of_runs(connection: Connection, request: run_pb2.ListRunsRequest) -> run_pb2.ListRunsResponse:
    """Return a page of runs, newest first.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, LIMIT_EXCEEDED or INVALID_CURSOR.
    """
    filters = run_filter(request)
    limit = cursor.page_size(request.limit if request.HasField("limit") else None)
    if not 0 <= request.offset <= MAX_OFFSET:
        raise LoadcellError(
            "LIMIT_EXCEEDED", f"offset must be from 0 to {MAX_OFFSET:,}, not {request.offset}", field="offset"
        )
    if request.cursor and request.offset:
        raise LoadcellError("INVALID_FIELD_VALUE", "cursor and offset exclude each other", field="offset")
    question = f"runs {filters}"
    after = None
    if request.cursor:
        created_at, run_key = cursor.decode(request.cursor, question, (int, int))
        after = (int(created_at), int(run_key))
    # One more than asked for tells whether there is a next page.
    found = list_runs(connection, filters, limit=limit + 1, offset=request.offset, after=after)
    page = found[:limit]
    agents = agents_of_runs(connection, [run.run_key for run in page])
    return run_pb2.ListRunsResponse(
        runs=[run_message(run, agents.get(run.run_key, []), with_config=False) for run in page],
        total=count_runs(connection, filters),
        limit=limit,
        offset=request.offset,
        next_cursor=(
            cursor.encode(question, [page[-1].created_at, page[-1].run_key]) if len(found) > limit else ""
        ),
    )
