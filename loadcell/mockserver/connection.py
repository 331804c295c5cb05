"""One connection to the mock server: HTTP in, paced bytes out."""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

import httptools

from loadcell.mockserver.behavior import Fault
from loadcell.mockserver.dialect import (
    CHAT_PATH,
    TEXT_PATH,
    Completion,
    RefusedError,
    error_body,
    model_body,
    models_body,
    read_ask,
)
from loadcell.mockserver.script import head, script, whole

if TYPE_CHECKING:
    from loadcell.mockserver.server import MockServer

MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_PIPELINED = 16
MAX_TOKENS_AT_ONCE = 1000


@dataclass(slots=True)
class _Request:
    """A request as it arrives."""

    path: str = ""
    method: str = ""
    authorization: str = ""
    keep_alive: bool = True
    size: int = 0
    body: list[bytes] = field(default_factory=list)


class Connection(asyncio.Protocol):
    """Answers the requests of one connection, one after the other."""

    def __init__(self, server: "MockServer") -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._lost: asyncio.Future[None] = self._loop.create_future()
        self._parser = httptools.HttpRequestParser(self)
        self._arriving = _Request()
        self._waiting: deque[_Request] = deque()
        self._current: _Request | None = None
        self._steps: Iterator[tuple[float, bytes]] | None = None
        self._next: tuple[float, bytes] | None = None
        self._started = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._paused = False
        self._counted: Completion | None = None  # goes into the counters when it is sent
        self._until_first = 0  # pieces, up to the one with the first token

    # -- transport ---------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._server.connections += 1
        self._server.open_connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's signature)
        """End; whatever was being sent is given up."""
        self._server.open_connections.discard(self)
        self._lost.set_result(None)
        self._waiting.clear()
        self._steps = self._next = None
        if self._timer:
            self._timer.cancel()

    def close(self) -> asyncio.Future[None]:
        """Drop the connection at once; the future is done when it is gone."""
        self._transport.abort()
        return self._lost

    def pause_writing(self) -> None:
        """Stop sending: the reader is slow."""
        self._paused = True

    def resume_writing(self) -> None:
        """Go on sending."""
        self._paused = False
        if self._steps is not None:
            self._send_due()

    def data_received(self, data: bytes) -> None:
        """Parse bytes; each complete request is queued."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            body = error_body("not an HTTP request", "invalid_request_error")
            self._transport.write(head(400, len(body), extra=b"connection: close\r\n") + body)
            self._transport.close()

    # -- parser ------------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._arriving = _Request()

    def on_url(self, url: bytes) -> None:
        """Keep the path."""
        self._arriving.path += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep the one header that matters."""
        if name.lower() == b"authorization":
            self._arriving.authorization = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """Collect the body, up to a bound."""
        self._arriving.size += len(body)
        if self._arriving.size <= MAX_BODY_BYTES:
            self._arriving.body.append(body)

    def on_message_complete(self) -> None:
        """Answer the request, or queue it behind the one that is being answered."""
        request = self._arriving
        request.method = self._parser.get_method().decode()
        request.keep_alive = self._parser.should_keep_alive()
        if self._current is not None:
            self._waiting.append(request)
            if len(self._waiting) >= MAX_PIPELINED:
                self._transport.pause_reading()
        else:
            self._answer(request)

    # -- answers -----------------------------------------------------------------------------------------------

    def _answer(self, request: _Request) -> None:
        self._current = request
        try:
            self._route(request)
        except RefusedError as refusal:
            self._reply(refusal.status, refusal.body)

    def _route(self, request: _Request) -> None:
        path = request.path.partition("?")[0]
        behavior = self._server.behavior
        if request.size > MAX_BODY_BYTES:
            raise RefusedError(413, f"The body is larger than {MAX_BODY_BYTES} bytes.", "invalid_request_error")
        if path == "/health":
            self._reply(200, b'{"status":"ok"}')
            return
        if path == "/metrics" and behavior.metrics:
            page = self._server.counters.page(behavior.metrics_factor)
            self._finish(head(200, len(page), kind=b"text/plain; version=0.0.4") + page)
            return
        if not self._server.admits(request.authorization):
            raise RefusedError(401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key")
        if path in {CHAT_PATH, TEXT_PATH}:
            if request.method != "POST":
                raise RefusedError(405, f"{request.method} is not allowed here.", "invalid_request_error")
            self._complete(path, b"".join(request.body))
        elif path == "/v1/models":
            self._reply(200, models_body(behavior.models))
        elif path.startswith("/v1/models/"):
            self._reply(200, model_body(behavior.models, unquote(path.removeprefix("/v1/models/"))))
        else:
            raise RefusedError(404, f"Unknown path: {path}", "invalid_request_error")

    def _complete(self, path: str, body: bytes) -> None:
        behavior = self._server.behavior
        ask = read_ask(behavior, path, body)
        ordinal, fault = self._server.admit(body)
        if fault is Fault.RESET:
            self._transport.abort()
            return
        if fault is Fault.SERVER_ERROR or (fault is Fault.ERROR_EVENT and not ask.stream):
            raise RefusedError(500, "The server had an error while processing your request.", "server_error")
        if fault is Fault.RATE_LIMIT:
            message = error_body("Rate limit reached.", "rate_limit_error", "rate_limit_exceeded")
            self._reply(429, message, b"retry-after: 1\r\n")
            return
        response = Completion(behavior, ask, ordinal, self._server.created, empty=fault is Fault.EMPTY)
        if behavior.immediate and fault in {Fault.NONE, Fault.EMPTY} and ask.tokens <= MAX_TOKENS_AT_ONCE:
            self._server.counters.first_token(response, 0.0)
            self._server.counters.end(response)
            self._finish(whole(response, stream=ask.stream))
            return
        self._counted = response if fault in {Fault.NONE, Fault.EMPTY, Fault.STALL} else None
        self._until_first = 2 if ask.stream else 1
        self._started = self._loop.time()
        self._steps = script(behavior, response, ordinal, fault, stream=ask.stream)
        self._next = next(self._steps, None)
        self._send_due()

    def _reply(self, status: int, body: bytes, extra: bytes = b"") -> None:
        self._finish(head(status, len(body), extra=extra) + body)

    def _send_due(self) -> None:
        """Send every piece whose time has come and set the timer for the next."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        elapsed = self._loop.time() - self._started
        while self._next is not None and not self._paused:
            due, piece = self._next
            if due > elapsed:
                self._timer = self._loop.call_at(self._started + due, self._send_due)
                return
            if not piece:
                self._transport.close()
                return
            self._transport.write(piece)
            self._until_first -= 1
            if self._until_first == 0 and self._counted is not None:
                self._server.counters.first_token(self._counted, self._loop.time() - self._started)
            self._next = next(self._steps, None) if self._steps else None
        if self._next is None:
            if self._counted is not None:
                self._server.counters.end(self._counted)
                self._counted = None
            self._finish(b"")

    def _finish(self, rest: bytes) -> None:
        """Send the rest of a response and go on with the next request."""
        self._steps = None
        if rest:
            self._transport.write(rest)
        keep_alive = self._current is None or self._current.keep_alive
        self._current = None
        if not keep_alive:
            self._transport.close()
        elif self._waiting:
            self._transport.resume_reading()
            self._loop.call_soon(self._answer_waiting)

    def _answer_waiting(self) -> None:
        if self._waiting and self._current is None:
            self._answer(self._waiting.popleft())
