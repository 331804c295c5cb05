"""How everything that is told while it happens stands in the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

from gateway.live.routes import EVENT_SOCKETS, EVENT_STREAM, RUN_SOCKETS, RUN_STREAM, STATS
from gateway.openapi.operation import (
    JSON,
    WEBSOCKET,
    Answer,
    Operation,
    header_parameter,
    path_parameter,
    query_parameter,
)

_TAG: Final = "Live"
_EVENTS: Final = {"text/event-stream": {"type": "string"}}
_RUN: Final = path_parameter("run_id", "Identifier of the run.", "6f1c0b3e-8a5d-4c2f-9e71-2d4b8a90c1f3")
_TICKET: Final = query_parameter(
    "ticket", "A ticket of POST /api/v1/auth/ticket, for clients that cannot send headers."
)
_AGAIN: Final = (
    header_parameter("Last-Event-ID", "The id of the last event the client has had, to go on from there."),
    query_parameter("last_event_id", "The same, for clients that cannot send headers."),
)
_OPENING: Final = ("INVALID_FIELD_FORMAT", "INVALID_TOKEN", "TOO_MANY_REQUESTS")
_PROGRESS: Final = (
    "Messages have the type progress, levels, completed, failed or validation_log; the first says how it stands."
)
_SUBSCRIBING: Final = (
    'Send {"type": "subscribe", "events": [...], "filters": {...}}, "unsubscribe" and "ping"; a message comes for'
    " each event."
)
_NUMBERS: Final = frozenset({"min_cost", "min_duration_ms"})
_FILTERS: Final = {
    "provider": "Exact provider.",
    "model": "Exact model.",
    "environment": "Exact environment.",
    "user_id": "Exact end user.",
    "min_cost": "Least cost in USD, inclusive.",
    "min_duration_ms": "Least duration in milliseconds, inclusive.",
    "project_id": "Exact project. Default: all projects of the caller.",
}
_COUNTS: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["connections", "total"],
    "properties": {
        "connections": {"type": "object", "additionalProperties": {"type": "integer"}},
        "total": {"type": "integer"},
    },
}


def _socket(path: str, name: str, summary: str, description: str, *parameters: dict[str, Any]) -> Operation:
    return Operation(
        path,
        name,
        _TAG,
        summary,
        {},
        verb=WEBSOCKET,
        description=description,
        parameters=(*parameters, _TICKET),
    )


LIVE_OPERATIONS: Final = (
    Operation(
        RUN_STREAM,
        "StreamRun",
        _TAG,
        "Tells how a run goes on, as server-sent events",
        {
            200: Answer("The events, which end with the run.", _EVENTS),
            204: Answer("The client has had the last event."),
        },
        description=_PROGRESS,
        parameters=(_RUN, _TICKET, *_AGAIN),
        refused=(*_OPENING, "RUN_NOT_FOUND"),
    ),
    Operation(
        EVENT_STREAM,
        "StreamEvents",
        _TAG,
        "Tells of the events that are wanted, as server-sent events",
        {200: Answer("The events, until the client ends them.", _EVENTS)},
        parameters=(
            query_parameter("events", "Required. Types that are wanted, given several times or with commas."),
            *(
                query_parameter(name, about, {"type": "number" if name in _NUMBERS else "string"})
                for name, about in _FILTERS.items()
            ),
            _TICKET,
            *_AGAIN,
        ),
        refused=(*_OPENING, "MISSING_REQUIRED_FIELD", "INVALID_FIELD_VALUE", "PROJECT_ACCESS_DENIED"),
    ),
    Operation(
        STATS,
        "CountWatchers",
        _TAG,
        "Tells how many connections watch which run, of those the caller may see",
        {200: Answer("How many.", {JSON: _COUNTS})},
        parameters=(_TICKET,),
        refused=("INVALID_TOKEN",),
    ),
    *(
        _socket(path, f"WatchRun{position}", "Tells how a run goes on", _PROGRESS, _RUN)
        for position, path in enumerate(RUN_SOCKETS, 1)
    ),
    *(
        _socket(path, f"SubscribeEvents{position}", "Tells of the events that are wanted", _SUBSCRIBING)
        for position, path in enumerate(EVENT_SOCKETS, 1)
    ),
)
