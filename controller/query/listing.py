"""Pages of runs."""

from __future__ import annotations

import json

from controller.messages import run_message
from controller.query import cursor
from controller.query.run_filters import run_filter
from controller.query.traces.values import read_text
from controller.scope import Scope
from controller.store.database import Connection
from controller.store.leases import agents_of_runs
from controller.store.run_history import count_runs, list_runs
from controller.store.run_order import SORTS, Position, RunOrder
from controller.store.traces.limits import bounded
from loadcell.errors import LoadcellError
from loadcell.v1 import run_pb2

MAX_OFFSET = 1_000_000


def page_of_runs(
    connection: Connection, request: run_pb2.ListRunsRequest, scope: Scope, now: int
) -> run_pb2.ListRunsResponse:
    """Return a page of runs, newest first unless asked otherwise.

    Relative times count from when the first page was asked for.

    Raises:
        LoadcellError: as `run_filter`, INVALID_FIELD_VALUE with the field, INVALID_CURSOR, and REQUEST_TIMEOUT.
    """
    limit = cursor.page_size(request.limit if request.HasField("limit") else None)
    if not 0 <= request.offset <= MAX_OFFSET:
        raise LoadcellError(
            "LIMIT_EXCEEDED", f"offset must be from 0 to {MAX_OFFSET:,}, not {request.offset}", field="offset"
        )
    if request.cursor and request.offset:
        raise LoadcellError("INVALID_FIELD_VALUE", "cursor and offset exclude each other", field="offset")
    order, question, after = _order(request), _question(request), None
    if request.cursor:
        after, now = _place(request.cursor, question, order)
    filters = run_filter(request, scope, now)
    with bounded(connection):
        # One more than asked for tells whether there is a next page.
        found = list_runs(connection, filters, limit=limit + 1, offset=request.offset, order=order, after=after)
        page = found[:limit]
        agents = agents_of_runs(connection, [run.run_key for run in page])
        total = count_runs(connection, filters)
    more = len(found) > limit
    return run_pb2.ListRunsResponse(
        runs=[run_message(run, agents.get(run.run_key, []), with_config=False) for run in page],
        total=total,
        limit=limit,
        offset=request.offset,
        next_cursor=_next_cursor(question, order.position(page[-1]), now) if more else "",
    )


def _order(request: run_pb2.ListRunsRequest) -> RunOrder:
    sort, direction = request.sort_by or "created_at", request.sort_order.lower() or "desc"
    if sort not in SORTS:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"sort_by {sort[:64]!r} is not known; known: {', '.join(SORTS)}",
            field="sort_by",
        )
    if direction not in {"asc", "desc"}:
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"sort_order is asc or desc, not {direction[:64]!r}", field="sort_order"
        )
    return RunOrder(sort, descending=direction == "desc")


def _next_cursor(question: str, position: Position, now: int) -> str:
    value, run_key = position
    return cursor.encode(question, [json.dumps(value, ensure_ascii=False), run_key, now])


def _place(text: str, question: str, order: RunOrder) -> tuple[Position, int]:
    """Return where the page before has ended, and when the first one was asked for."""
    word, run_key, now = cursor.decode(text, question, (str, int, int))
    malformed = LoadcellError("INVALID_CURSOR", "the cursor is malformed", field="cursor")
    try:
        value = json.loads(str(word))
        fits = _fits(value, order)
    except (ValueError, RecursionError, LoadcellError) as error:
        raise malformed from error
    if not fits:
        raise malformed
    return (value, int(run_key)), int(now)


def _fits(value: object, order: RunOrder) -> bool:
    """Whether a value can be one that runs are sorted by, and the databases can compare."""
    sort = SORTS[order.sort]
    if value is None:
        return sort.nullable
    if type(value) is not sort.kind:
        return False
    if isinstance(value, str):
        return value == "" or bool(read_text(value, "cursor", cursor.MAX_CURSOR))
    return abs(value) <= cursor.MAX_INTEGER


def _question(request: run_pb2.ListRunsRequest) -> str:
    """Return all that selects runs, as text."""
    asked = run_pb2.ListRunsRequest()
    asked.CopyFrom(request)
    for name in ("limit", "offset", "cursor"):
        asked.ClearField(name)
    return f"runs {asked.SerializeToString(deterministic=True).hex()}"
