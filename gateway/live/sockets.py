"""The WebSocket routes."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from contextlib import AsyncExitStack
from typing import Final

import structlog
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from gateway.errors import error_response
from gateway.live.callers import chosen_subprotocol
from gateway.live.closing import End
from gateway.live.connection import PONG, Connection, Hear
from gateway.live.live import Live
from gateway.live.outbox import Outbox
from gateway.live.protocol import FRAMES
from gateway.middleware.request_id import HEADER
from gateway.origins import check_origin
from loadcell.errors import LoadcellError
from loadcell.request_ids import kept_or_new
from loadcell.shown_credentials import without_credentials

QUIET_SECONDS: Final = 60.0  # without a word from who watches a run, until it is sent `ping`
_log = structlog.get_logger()


class Socket(ABC):
    """One kind of WebSocket, as an ASGI application.

    It is accepted before it is known whether its client may have it: browsers tell pages nothing of a refused
    handshake, but the code that a WebSocket was closed with. Pages of other sites are not accepted.
    """

    quiet_seconds: float | None = None

    def __init__(self, live: Live) -> None:
        self.live = live

    @abstractmethod
    async def enter(self, stack: AsyncExitStack, connection: HTTPConnection, outbox: Outbox) -> Hear:
        """Let what the client wants come into its outbox; return what hears the client."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one."""
        connection = HTTPConnection(scope)
        scope["request_id"] = kept_or_new(connection.headers.get(HEADER))
        path = without_credentials(scope["path"][:512])
        with structlog.contextvars.bound_contextvars(request_id=scope["request_id"], path=path):
            try:
                check_origin(connection.headers, self.live.limits.origins)
            except LoadcellError as error:
                response = error_response(error, path=scope["path"], request_id=scope["request_id"])
                await response(scope, receive, send)
                return
            await receive()  # the request to connect
            await send(
                {
                    "type": "websocket.accept",
                    "subprotocol": chosen_subprotocol(scope),
                    "headers": [(HEADER.lower().encode(), scope["request_id"].encode())],
                }
            )
            started = time.monotonic()
            _log.info("websocket_opened", client_ip=connection.client.host if connection.client else None)
            with self.live.opened() as outbox:
                await self._serve(connection, outbox, receive, send)
            _log.info("websocket_closed", duration_ms=round((time.monotonic() - started) * 1e3))

    async def _serve(self, connection: HTTPConnection, outbox: Outbox, receive: Receive, send: Send) -> None:
        async with AsyncExitStack() as stack:
            try:
                hear = await self.enter(stack, connection, outbox)
            except LoadcellError as error:
                outbox.cut(End.of(error))
                hear = _hear_nothing
            frames = connection.scope["extensions"].get(FRAMES)
            if frames is not None:
                write = frames["write"]
                outbox.direct = lambda told: bool(write(told.frame))
            await Connection(receive, send, outbox, hear, self.quiet_seconds).serve()


class RunSocket(Socket):
    """Tells how a run goes on."""

    quiet_seconds = QUIET_SECONDS

    async def enter(self, stack: AsyncExitStack, connection: HTTPConnection, outbox: Outbox) -> Hear:
        """Watch the run; the client may say `ping`, and nothing else means anything."""
        await self.live.watch_run(stack, self.live.sockets, connection, outbox)

        async def hear(text: str) -> None:
            if text == "ping":
                outbox.put(PONG)

        return hear


class EventSocket(Socket):
    """Tells of the events that its client subscribes to."""

    async def enter(self, stack: AsyncExitStack, connection: HTTPConnection, outbox: Outbox) -> Hear:
        """Let the client subscribe."""
        session = await self.live.open_session(stack, self.live.sockets, connection, outbox)
        return session.hear


async def _hear_nothing(_text: str) -> None:
    """Hear a client that is being told why it was not let in."""
