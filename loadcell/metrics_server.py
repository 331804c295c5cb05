"""A small HTTP server in threads that nobody can keep from answering by connecting and saying nothing."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
import ssl
import threading
import time
from http import HTTPStatus
from typing import Any, cast
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler

from prometheus_client.exposition import ThreadingWSGIServer

from loadcell.settings import Address

MOST_CONNECTIONS = 32  # each has a thread
HEAD_SECONDS = 3.0  # to shake hands and to ask, all in all
_ANSWER_SECONDS = 10.0  # for a scraper to read
_GIVE_WAY_SECONDS = 1.0  # for the thread of a connection that was closed to end; it does nothing but that
_LONGEST_LINE = 65_536


class MetricsServer(ThreadingWSGIServer):
    """Shakes hands in the thread of a connection: nobody waits for one that says nothing.

    When there is no thread left, the connection gives way that has been silent for longest, others' before those
    of this machine; where all have asked, the new one is told to come again.

    Args:
        family: Of the address.
        address: Where to listen.
        tls: What to speak TLS with, and nothing else; None: nothing.

    Raises:
        OSError: The address is taken or not of this machine.
    """

    request_queue_size = 4 * MOST_CONNECTIONS

    def __init__(self, family: int, address: Address, tls: ssl.SSLContext | None) -> None:
        self.address_family = family
        self._tls = tls
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        # Connections whose question has not come, with whether they are of this machine and since when.
        self._silent: dict[socket.socket, tuple[bool, float]] = {}
        self._silent_lock = threading.Lock()
        super().__init__((address.host, address.port), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Take a connection."""
        connection, client = super().get_request()
        connection.settimeout(_ANSWER_SECONDS)
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, client

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection on a thread of its own."""
        if not self._free.acquire(blocking=False) and not self._take_from_the_silent():
            self._refuse(request)
            request.setblocking(False)
            with contextlib.suppress(OSError):
                request.recv(_LONGEST_LINE)  # what is left unread would take the answer back
            self.shutdown_request(request)
            return
        with self._silent_lock:
            self._silent[request] = (_is_of_this_machine(client_address[0]), time.monotonic())
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # the system gives no thread; whoever called closes the connection
            self.has_asked(request)
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        self.has_asked(request)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Close those that have not asked in time; the server calls this several times a second."""
        latest = time.monotonic() - HEAD_SECONDS
        with self._silent_lock:
            late = [one for one, (_, since) in self._silent.items() if since < latest]
            for one in late:
                self._hang_up(one)

    def has_asked(self, connection: socket.socket) -> None:
        """Note that the question of a connection has come, or never will."""
        with self._silent_lock:
            self._silent.pop(connection, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: who breaks a connection off, or speaks no TLS, is not served, and that is all."""

    def _take_from_the_silent(self) -> bool:
        """Take the place of the connection that is to give way; return whether there was one."""
        with self._silent_lock:
            if not self._silent:
                return False
            longest = min(self._silent, key=self._silent.__getitem__)
            self._refuse(longest)
            self._hang_up(longest)
        return self._free.acquire(timeout=_GIVE_WAY_SECONDS)

    def _hang_up(self, connection: socket.socket) -> None:
        """Have the thread of a connection see its end. It closes it, which it cannot before it has the lock."""
        del self._silent[connection]
        with contextlib.suppress(OSError):  # whoever asked has gone
            # Not as TLS would, which is not for two threads at once.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def _refuse(self, connection: socket.socket) -> None:
        """Tell a connection to come again, if that can be said at once: TLS has not even begun."""
        if self._tls is None:
            with contextlib.suppress(OSError):
                connection.send(_BUSY, socket.MSG_DONTWAIT)


def _is_of_this_machine(host: str) -> bool:
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)


class _Answer(ServerHandler):
    server_software = ""  # nobody's business


class _Handler(WSGIRequestHandler):
    """Answers one request; what is none gets a word of JSON."""

    def handle(self) -> None:
        self.raw_requestline = self.rfile.readline(_LONGEST_LINE + 1)
        if len(self.raw_requestline) > _LONGEST_LINE:
            self.requestline, self.request_version, self.command = "", "", ""
            self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
            return
        if not self.parse_request():
            return
        server = cast("MetricsServer", self.server)
        server.has_asked(self.connection)
        read, write = cast("Any", self.rfile), cast("Any", self.wfile)
        answer = _Answer(read, write, self.get_stderr(), self.get_environ(), multithread=True)
        answer.request_handler = self  # type: ignore[attr-defined]  # the library sets it so
        answer.run(cast("Any", server.get_app()))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer that this is no request."""
        self.wfile.write(_bare(HTTPStatus(code), HTTPStatus(code).phrase))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the one it replaces
        """Say nothing of single requests."""


def _bare(status: HTTPStatus, said: str, *headers: str) -> bytes:
    body = json.dumps({"status": said})
    lines = (
        f"HTTP/1.0 {status.value} {status.phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
    )
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


_BUSY = _bare(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections; come again", "Retry-After: 1")
