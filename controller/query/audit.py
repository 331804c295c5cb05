"""Pages of the log of who changed what."""

from __future__ import annotations

from controller.access.methods import named
from controller.messages import timestamp
from controller.query import cursor
from controller.scope import Scope
from controller.store.audit_log import AuditEntry, AuditFilter, count_entries, list_entries
from controller.store.database import Connection
from loadcell.errors import REASONS, LoadcellError
from loadcell.instants import read_time
from loadcell.v1 import auth_pb2

_OUTCOMES = ("OK", "CANCELLED", *sorted(REASONS))


def page_of_audit_log(
    connection: Connection, request: auth_pb2.ListAuditLogRequest, scope: Scope, now: int
) -> auth_pb2.ListAuditLogResponse:
    """Return a page of what concerns the projects of a scope, newest first; `now` in microseconds since 1970 UTC.

    Relative times count from when the first page was asked for.

    Raises:
        LoadcellError: INVALID_FIELD_FORMAT, INVALID_FIELD_VALUE, INVALID_DATE_RANGE, LIMIT_EXCEEDED with the
            field; INVALID_CURSOR.
    """
    limit = cursor.page_size(request.limit if request.HasField("limit") else None)
    since: str = getattr(request, "from")  # a word of Python
    equal = _equal(request)
    question, before = repr([since, request.to, *equal.items()]), None
    if request.cursor:
        number, asked = cursor.decode(request.cursor, question, (int, int))
        before, now = int(number), int(asked)
    first = read_time(since, now, "from").micros if since else None
    end = read_time(request.to, now, "to").micros if request.to else None
    if first is not None and end is not None and end <= first:
        raise LoadcellError("INVALID_DATE_RANGE", f"to {request.to!r} is not after from {since!r}", field="to")
    asked_for = AuditFilter(scope, since=first, until=end, **equal)
    found = list_entries(connection, asked_for, limit=limit + 1, before=before)
    page, more = found[:limit], len(found) > limit
    return auth_pb2.ListAuditLogResponse(
        entries=[_message(number, entry) for number, entry in page],
        next_cursor=cursor.encode(question, [page[-1][0], now]) if more else "",
        total=count_entries(connection, asked_for),
    )


def _equal(request: auth_pb2.ListAuditLogRequest) -> dict[str, str]:
    method, outcome = request.method, request.outcome
    try:
        method = named(method) if method else ""
    except ValueError as error:
        raise LoadcellError("INVALID_FIELD_VALUE", f"method {method[:64]!r} {error}", field="method") from None
    if outcome and outcome not in _OUTCOMES:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"outcome {outcome[:64]!r} must be one of {', '.join(_OUTCOMES)}",
            field="outcome",
        )
    return {
        "principal_id": request.principal_id,
        "method": method,
        "resource_id": request.resource_id,
        "outcome": outcome,
    }


def _message(number: int, entry: AuditEntry) -> auth_pb2.AuditEntry:
    return auth_pb2.AuditEntry(
        entry_number=number,
        called_at=timestamp(entry.called_at),
        request_id=entry.request_id,
        principal_id=entry.principal_id,
        principal_method=entry.principal_method,
        principal_name=entry.principal_name,
        role=entry.role,
        client_address=entry.client_address,
        method=entry.method,
        resource_id=entry.resource_id,
        project_id=entry.project_id,
        outcome=entry.outcome,
    )
