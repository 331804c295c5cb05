"""WebSockets as uvicorn speaks them, with bounds on what waits and for how long, and with JSON for refusals."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from gateway.errors import error_document
from gateway.live.closing import STOPPING
from gateway.middleware.headers import HEADERS
from gateway.middleware.request_id import HEADER as REQUEST_ID
from loadcell.errors import REASONS, LoadcellError

FRAMES: Final = "loadcell.frames"  # extension of ASGI by which the application writes frames
MAX_MESSAGE_BYTES: Final = 16 * 1024
PING_SECONDS: Final = 20.0  # half-open connections are found within twice as long
WRITE_SECONDS: Final = 30.0  # for as much as is buffered: a client that reads nothing in that time is given up
_MOST_PIECES: Final = 64  # of one message
_MOST_WHILE_FULL: Final = 64 * 1024  # bytes that are read of a client that reads nothing: pings want an answer
_LAST_SECONDS: Final = 2.0  # for the last bytes to be taken by a client that was told of the end


class _Handshake(ServerProtocol):
    """Refuses with the errors that all other paths have."""

    def reject(self, status: Any, text: str) -> Response:
        """Return the answer to a request that is no handshake."""
        status = int(status)
        return _as_json(super().reject(status, text), LoadcellError("INVALID_REQUEST", text.strip() or "refused"))


class LiveState(ServerState):
    """The connections of a server; `upgraded` of them are WebSockets, which have limits of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.upgraded = 0


class LiveProtocol(WebSocketsSansIOProtocol):
    """One connection. Memory that it takes is bounded whatever the client does, or does not."""

    _deadline: asyncio.TimerHandle | None = None
    _read_while_full = 0

    def __init__(self, config: Config, server_state: LiveState, app_state: dict[str, Any]) -> None:
        super().__init__(config, server_state, app_state)
        self._state = server_state
        logger = logging.getLogger("uvicorn.error")
        self.conn = _Handshake(extensions=[], max_size=MAX_MESSAGE_BYTES, logger=logger)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection over from HTTP."""
        self._state.upgraded += 1
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._state.upgraded -= 1
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what arrived; answers to pings are written at once, so a client must read to be read."""
        if not self.writable.is_set():
            self._read_while_full += len(data)
            if self._read_while_full > _MOST_WHILE_FULL:
                self.transport.abort()
                return
        super().data_received(data)

    def handle_connect(self, event: Request) -> None:
        """Let the application write whole frames, which it makes once for many connections."""
        super().handle_connect(event)
        if not self.handshake_complete:
            self.scope["extensions"][FRAMES] = {"write": self.write_frame}

    def write_frame(self, frame: bytes) -> bool:
        """Write a frame; return False when the client does not read as fast, or has gone."""
        ready = self.handshake_complete and not self.close_sent and self.writable.is_set()
        if not ready or self.transport.is_closing():
            return False
        self.transport.write(frame)
        return True

    def handle_cont(self, event: Frame) -> None:
        """Take another piece of a message; empty ones would be without a bound."""
        if len(self.frames) >= _MOST_PIECES:
            self.conn.fail(1009, f"a message may have {_MOST_PIECES} pieces")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def handle_parser_exception(self) -> None:
        """End a connection that cannot be understood."""
        super().handle_parser_exception()
        self._end_within(_LAST_SECONDS)

    def pause_writing(self) -> None:
        """Wait for a client that does not read, but not for ever."""
        super().pause_writing()
        self._read_while_full = 0
        self._end_within(WRITE_SECONDS)

    def resume_writing(self) -> None:
        """Go on writing."""
        super().resume_writing()
        if not self.close_sent:
            self._stop_waiting()

    def keepalive_timeout(self) -> None:
        """Give a client up that does not answer pings: what is buffered will not be read either."""
        super().keepalive_timeout()
        self._end_within(_LAST_SECONDS)

    def shutdown(self) -> None:
        """End as the server stops."""
        self.stop_keepalive()
        if self.handshake_complete and not self.close_sent:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": STOPPING})
            self.conn.send_close(STOPPING)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        elif not self.handshake_complete:
            self.send_500_response()
        self.transport.close()
        self._end_within(_LAST_SECONDS)

    async def run_asgi(self) -> None:
        """Serve; what is left to be read afterwards has little time."""
        try:
            await super().run_asgi()
        finally:
            self._end_within(self.close_timeout)

    async def send(self, message: Any) -> None:
        """Send what the application says; nothing after an end that it has not heard of yet."""
        kind = message["type"]
        if self.handshake_complete and self.close_sent and kind != "websocket.http.response.body":
            raise ClientDisconnected
        if kind == "websocket.close" and not self.handshake_complete and self.initial_response is None:
            await self._refuse(message.get("reason") or "")
            return
        await super().send(message)
        if kind == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True  # by a refusal, which uvicorn takes for none and logs as an error

    async def _refuse(self, reason: str) -> None:
        """Refuse the handshake: for a reason of the catalog, or since nothing takes WebSockets there."""
        if reason in REASONS:
            status, error = 403, LoadcellError(reason, REASONS[reason].summary)
        else:
            status = 404
            error = LoadcellError("RESOURCE_NOT_FOUND", f"there is no WebSocket at {self.scope['path'][:512]}")
        response = _as_json(self.conn.reject(status, ""), error)
        headers = [(name.lower().encode(), value.encode()) for name, value in response.headers.raw_items()]
        await self.send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await self.send({"type": "websocket.http.response.body", "body": bytes(response.body)})

    def _end_within(self, seconds: float) -> None:
        self._stop_waiting()
        if not self.disconnected:
            self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _as_json(response: Response, error: LoadcellError) -> Response:
    identifier = str(uuid.uuid4())
    response.body = json.dumps(error_document(error, path="", request_id=identifier)).encode()
    del response.headers["Content-Type"]
    del response.headers["Content-Length"]
    given = {"Content-Type": "application/json", "Content-Length": str(len(response.body)), REQUEST_ID: identifier}
    for name, value in {**given, **HEADERS}.items():
        response.headers[name] = value
    return response
