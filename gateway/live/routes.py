"""Where all of this is served."""

from __future__ import annotations

from typing import Final

from starlette.routing import Route, WebSocketRoute

from gateway.live.live import Live
from gateway.live.sockets import EventSocket, RunSocket
from gateway.live.streams import EventStream, RunStream, counts_of

RUN_SOCKETS: Final = (
    "/api/v1/benchmark/ws/run/{run_id}",
    "/ws/benchmark/{run_id}",
    "/api/v1/benchmark/{run_id}/progress",
)
EVENT_SOCKETS: Final = ("/api/v1/ws", "/ws", "/api/v1/stream")
STATS: Final = "/api/v1/benchmark/ws/stats"
RUN_STREAM: Final = "/api/v1/benchmark/run/{run_id}/events"
EVENT_STREAM: Final = "/api/v1/events"


def live_routes(live: Live) -> list[Route | WebSocketRoute]:
    """Return the routes of everything that is told while it happens."""
    return [
        *(WebSocketRoute(path, RunSocket(live)) for path in RUN_SOCKETS),
        *(WebSocketRoute(path, EventSocket(live)) for path in EVENT_SOCKETS),
        Route(STATS, counts_of(live)),
        Route(RUN_STREAM, RunStream(live)),
        Route(EVENT_STREAM, EventStream(live)),
    ]
