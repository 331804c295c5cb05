"""From an address to a socket that can carry HTTP: TCP connect, then the TLS handshake. Nothing else connects."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic_ns

from agent.engine.route import Address, Route
from agent.engine.stamps import ReceiveClock
from agent.engine.tls import TlsLayer
from agent.samples.outcome import ErrorClass, Failure

# The load generator's own host has run out of something.
_OWN_FAULTS = frozenset({errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM})
_HANDSHAKE_READ_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Opened:
    """A connected socket; `tls_ns` is -1 without TLS. Durations in nanoseconds."""

    sock: socket.socket
    tls: TlsLayer | None
    connect_ns: int
    tls_ns: int


class Opening:
    """One attempt to connect, over all addresses of the route that may be connected to in turn.

    `done` is called once, from the event loop and never from inside the constructor; after `cancel` not at all.
    """

    __slots__ = ("_addresses", "_began_ns", "_connect_ns", "_done", "_loop", "_next", "_route", "_sock", "_tls")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, route: Route, done: Callable[[Opened | Failure], None]
    ) -> None:
        self._loop = loop
        self._route = route
        self._done: Callable[[Opened | Failure], None] | None = done
        admitted = route.admitted()
        self._addresses = [] if isinstance(admitted, Failure) else admitted
        self._next = 0
        self._sock: socket.socket | None = None
        self._tls: TlsLayer | None = None
        self._began_ns = monotonic_ns()
        self._connect_ns = -1
        if isinstance(admitted, Failure):
            loop.call_soon(self._fail, admitted)
        else:
            self._attempt()

    def cancel(self) -> None:
        """Give up silently."""
        self._done = None
        self._drop()

    def _attempt(self) -> None:
        address = self._addresses[self._next]
        self._next += 1
        self._began_ns = monotonic_ns()
        try:
            sock = self._sock = socket.socket(address.family, socket.SOCK_STREAM)
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ReceiveClock.enable(sock)
            code = sock.connect_ex(address.sockaddr)
        except OSError as error:
            code = error.errno or errno.EIO
        if code in (0, errno.EINPROGRESS) and self._sock is not None:
            self._loop.add_writer(self._sock.fileno(), self._connected, address)
        else:
            self._loop.call_soon(self._refused, code)

    def _connected(self, address: Address) -> None:
        sock = self._sock
        if sock is None:
            return
        self._loop.remove_writer(sock.fileno())
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._refused(code)
            return
        self._connect_ns = monotonic_ns() - self._began_ns
        self._route.prefer(address)
        if self._route.tls_context is None:
            self._succeed(sock, -1)
            return
        try:
            self._tls = TlsLayer(self._route.tls_context, self._route.endpoint.host)
            sock.send(self._tls.handshake())
        except (OSError, ValueError) as error:
            self._fail_tls(error)
            return
        self._loop.add_reader(sock.fileno(), self._shake_hands)

    def _shake_hands(self) -> None:
        sock, tls = self._sock, self._tls
        if sock is None or tls is None:
            return
        try:
            data = sock.recv(_HANDSHAKE_READ_BYTES)
            if not data:
                raise ConnectionResetError(errno.ECONNRESET, "the server closed the connection")
            tls.receive(data)
            # A client's flights are a few hundred bytes: the buffer of a new socket takes them whole.
            if answer := tls.handshake():
                sock.send(answer)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail_tls(error)
            return
        if tls.established:
            self._loop.remove_reader(sock.fileno())
            self._succeed(sock, monotonic_ns() - self._began_ns - self._connect_ns)

    def _succeed(self, sock: socket.socket, tls_ns: int) -> None:
        self._sock = None
        if self._done is not None:
            self._done(Opened(sock, self._tls, self._connect_ns, tls_ns))

    def _fail_tls(self, error: Exception) -> None:
        reason = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else _reason(error)
        self._fail(Failure(ErrorClass.TLS, f"TLS handshake with {self._place()} failed: {reason}"))

    def _refused(self, code: int) -> None:
        self._drop()
        if self._done is None:
            return
        if code not in _OWN_FAULTS and self._next < len(self._addresses):
            self._attempt()
            return
        error_class = ErrorClass.CLIENT if code in _OWN_FAULTS else ErrorClass.CONNECT
        self._fail(Failure(error_class, f"cannot connect to {self._place()}: {os.strerror(code)}"))

    def _fail(self, failure: Failure) -> None:
        self._drop()
        if self._done is not None:
            self._done(failure)

    def _drop(self) -> None:
        sock, self._sock = self._sock, None
        if sock is not None:
            self._loop.remove_writer(sock.fileno())
            self._loop.remove_reader(sock.fileno())
            sock.close()

    def _place(self) -> str:
        return f"{self._route.endpoint.host}:{self._route.endpoint.port}"


def _reason(error: Exception) -> str:
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
