"""HTTP as uvicorn parses it, with bounds on connections and heads, and with JSON for those who break them."""

from __future__ import annotations

import asyncio
import uuid
from typing import cast

import structlog
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from gateway.bare_answer import bare_answer
from gateway.gathered import Gathered
from gateway.heads import MAX_HEAD_BYTES, Fault, fault_of, too_large, unreadable
from gateway.live.protocol import LiveState
from loadcell.errors import LoadcellError
from loadcell.uploading import PIECE_BYTES

MAX_CONNECTIONS = 1_024  # a connection carries one request at a time, so this bounds requests, too
HEAD_SECONDS = 10.0
LAST_SECONDS = 1.0  # for what a client sends that was refused already
BODY_SECONDS = 35.0  # longer than a body, or a piece of one, may take: whoever reads it can still answer
WRITE_SECONDS = 30.0  # for as much as is buffered: whoever reads slower than 64 KiB in that time is given up
_log = structlog.get_logger()


class FaultyHeadError(Exception):
    """Ends the parsing of a request; the parser calls for an answer."""


class JsonHttpProtocol(HttpToolsProtocol):
    """One connection. No application sees what is refused here, so it is answered here, as other errors are."""

    server_state: LiveState
    _deadline: asyncio.TimerHandle | None = None
    _body_deadline: asyncio.TimerHandle | None = None
    _write_deadline: asyncio.TimerHandle | None = None
    _last_end: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _body_bytes = 0  # since its deadline was set
    _fault: Fault | None = None  # of the head that is being parsed
    _refused = False
    # The first of several that were sent at once, whereas `cycle` is the last: both have to hear of the end.
    _answering: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Take the connection, unless there are too many."""
        super().connection_made(cast("asyncio.Transport", Gathered(transport, self.loop)))
        if len(self.connections) - self.server_state.upgraded > MAX_CONNECTIONS:
            error = LoadcellError(
                "SERVICE_UNAVAILABLE", f"the gateway serves {MAX_CONNECTIONS:,} connections at most"
            )
            self._answer(Fault("503 Service Unavailable", error))
            self.transport.close()
        else:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        self._stop_waiting_for_body()
        self._stop_waiting_for_reader()
        if self._last_end is not None:
            self._last_end.cancel()
        super().connection_lost(exc)
        if self._answering is not None:
            self._answering.disconnected = True
            self._answering.message_event.set()

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn always closes
        """Answer a client that has asked in full and says that it sends nothing more; others have gone.

        TLS has no such half of an end.
        """
        cycle: RequestResponseCycle | None = self.cycle
        if self.scheme == "https" or self._expects_more or cycle is None or cycle.response_started:
            return False
        cycle.keep_alive = False
        return True

    def data_received(self, data: bytes) -> None:
        """Parse what arrived; a head has a largest size. What comes after a refusal is read and forgotten."""
        if self._refused:
            return
        super().data_received(data)
        if self._deadline is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(too_large())

    def on_message_begin(self) -> None:
        """Begin with a request."""
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        """Hand the request over unless it is faulty; its body has a deadline even where nobody reads it."""
        self._fault = fault_of(self.parser.get_http_version(), self.headers)
        if self._fault is not None:
            raise FaultyHeadError
        self._stop_waiting()
        self._expect_body()
        super().on_headers_complete()
        if self.parser.should_upgrade() and not self._should_upgrade():
            # It is answered as any other (RFC 9110, 7.8), but what follows was meant for another protocol.
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Take some of a body; a piece of a file, which somebody waits for, gives time for the next."""
        self._body_bytes += len(body)
        if self._body_bytes >= PIECE_BYTES and not self.cycle.response_complete:
            self._expect_body()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note the end of a request."""
        self._stop_waiting_for_body()
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def pause_writing(self) -> None:
        """Wait for a client that does not read, as what writes to it does, but not for ever."""
        super().pause_writing()
        self._write_deadline = self.loop.call_later(WRITE_SECONDS, self._abandon, "reads")

    def resume_writing(self) -> None:
        """Go on writing."""
        self._stop_waiting_for_reader()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that cannot be read, or must not be served, and close the connection."""
        self._refuse(self._fault or unreadable(msg))

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: clients may ask for any protocol."""

    @property
    def _expects_more(self) -> bool:
        return self._deadline is not None or self._body_deadline is not None

    def _expect_head(self) -> None:
        if self._deadline is None:
            self._head_bytes = 0
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expect_body(self) -> None:
        self._stop_waiting_for_body()
        self._body_bytes = 0
        self._body_deadline = self.loop.call_later(BODY_SECONDS, self._abandon, "sends")

    def _stop_waiting_for_body(self) -> None:
        if self._body_deadline is not None:
            self._body_deadline.cancel()
            self._body_deadline = None

    def _stop_waiting_for_reader(self) -> None:
        if self._write_deadline is not None:
            self._write_deadline.cancel()
            self._write_deadline = None

    def _abandon(self, what: str) -> None:
        client = self.client
        _log.info("slow_client_abandoned", client_ip=client[0] if client else None, too_slowly=what)
        self.transport.abort()

    def _give_up(self) -> None:
        if not self._head_bytes:  # a connection kept in reserve; there is nothing to answer
            self.transport.close()
            return
        error = LoadcellError("REQUEST_TIMEOUT", f"the head of the request took longer than {HEAD_SECONDS:g} s")
        self._refuse(Fault("408 Request Timeout", error))

    def _refuse(self, fault: Fault) -> None:
        self._stop_waiting()
        self._refused = True
        # The cycle is that of the last request, if there was one; its answer must not be mixed with ours.
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            if cycle.response_started or not cycle.more_body or self.pipeline:
                cycle.keep_alive = False  # what came before is answered, and then the connection is closed
                return
            # Its own body cannot be read: whoever waits for it hears that the client has gone.
            cycle.disconnected = True
            cycle.message_event.set()
        self._answer(fault)
        # Closing with bytes unread resets the connection, and the client may never see the answer (RFC 9112, 9.6).
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self._last_end = self.loop.call_later(LAST_SECONDS, self.transport.close)
        else:
            self.transport.close()

    def _answer(self, fault: Fault) -> None:
        path = getattr(self, "url", b"").decode("latin-1")  # there is none before the first request
        request_id, client = str(uuid.uuid4()), self.client
        _log.info(
            "request_refused",
            status_code=int(fault.status[:3]),
            reason=fault.error.reason,
            client_ip=client[0] if client else None,
            request_id=request_id,
        )
        self.transport.write(bare_answer(fault, path, request_id))
