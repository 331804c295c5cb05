"""One connected socket, with or without TLS: bytes out, stamped bytes in."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from collections.abc import Callable
from time import monotonic_ns
from typing import Protocol

from agent.engine.opening import Opened
from agent.engine.polling import Poller
from agent.engine.response import ResponseReader
from agent.engine.stamps import ANCILLARY_BYTES, ReceiveClock
from agent.engine.tls import TlsLayer
from agent.samples.outcome import ErrorClass, Failure

# Until the first payload event a read asks for little: it must not swallow the event and what follows it under the
# newest stamp of both.
FIRST_READ_BYTES = 1024
READ_BYTES = 64 * 1024

# struct tcp_info (linux/include/uapi/linux/tcp.h): 8 bytes, then 32-bit fields; tcpi_total_retrans is the 24th.
_TOTAL_RETRANS = slice(100, 104)


class User(Protocol):
    """Whoever a connection works for at the moment."""

    def received(self, data: bytes, stamp_ns: int, now_ns: int) -> None:
        """Bytes have arrived at `stamp_ns` and were read at `now_ns`."""

    def lost(self, failure: Failure | None) -> None:
        """The connection has ended and is closed; no failure when the peer ended it in good order."""


class Connection:
    """Calls its user from the event loop only, never from inside `send`: users cannot recurse.

    Without a user it is idle, and whatever arrives ends it. `connect_ns` and `tls_ns` are durations, -1 when there
    was none. `used` tells that it has carried a request. `idle_since_ns` is when it became idle last, -1 before.
    `read_bytes` is how much the next read asks for.
    """

    __slots__ = (
        "_clock",
        "_fd",
        "_floor_ns",
        "_loop",
        "_on_close",
        "_poller",
        "_recvmsg",
        "_sock",
        "_tls",
        "_unsent",
        "closed",
        "connect_ns",
        "idle_since_ns",
        "read_bytes",
        "response",
        "tls_ns",
        "used",
        "user",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        poller: Poller,
        opened: Opened,
        clock: ReceiveClock,
        on_close: Callable[[Connection], None],
    ) -> None:
        self._loop = loop
        self._poller = poller
        self._clock = clock
        self._on_close = on_close
        self._sock = opened.sock
        self._recvmsg = opened.sock.recvmsg
        self._fd = opened.sock.fileno()
        self._tls = opened.tls
        self._unsent = b""
        self._floor_ns = 0
        self.response = ResponseReader()
        self.read_bytes = FIRST_READ_BYTES
        self.connect_ns = opened.connect_ns
        self.tls_ns = opened.tls_ns
        self.user: User | None = None
        self.used = False
        self.idle_since_ns = -1
        self.closed = False
        poller.add(self._fd, self._read)

    def send(self, payload: bytes) -> int:
        """Send bytes, at once or when the kernel has room; return the monotonic time right before (ns)."""
        if self._tls is not None:
            payload = self._tls.encrypt(payload)
        self.used = True
        self._floor_ns = started_ns = monotonic_ns()
        self._write(payload)
        return started_ns

    @property
    def all_sent(self) -> bool:
        """Whether the kernel has taken all bytes."""
        return not self._unsent

    def retransmits(self) -> int:
        """Return how many segments the kernel has sent again, 0 where it does not tell."""
        if sys.platform != "linux" or self.closed:
            return 0
        info = self._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TOTAL_RETRANS.stop)
        return int.from_bytes(info[_TOTAL_RETRANS], sys.byteorder)

    def close(self) -> None:
        """End the connection without a word to its user."""
        if self.closed:
            return
        self._on_close(self)
        self.closed = True
        self.user = None
        self._poller.remove(self._fd)
        self._loop.remove_writer(self._fd)
        self._sock.close()

    def _write(self, data: bytes) -> None:
        if self._unsent:
            self._unsent += data
            return
        try:
            sent = self._sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._loop.call_soon(self._break, error)
            return
        if sent < len(data):
            self._unsent = data[sent:]
            self._loop.add_writer(self._fd, self._write_on)

    def _write_on(self) -> None:
        self._loop.remove_writer(self._fd)
        data, self._unsent = self._unsent, b""
        self._write(data)

    def _read(self) -> None:
        ended = False
        while not self.closed:
            asked = self.read_bytes
            try:
                data, ancillary, _, _ = self._recvmsg(asked, ANCILLARY_BYTES)
                now_ns = monotonic_ns()
                count = len(data)
                if self._tls is not None and data:
                    data, ended = self._decrypt(self._tls, data)
            except BlockingIOError:
                return
            except OSError as error:
                self._break(error)
                return
            if data:
                self._floor_ns = stamp_ns = self._clock.received_at(ancillary, now_ns, self._floor_ns)
                if self.user is None:
                    # Nothing was asked. Kept, it would be taken for the answer to the next request.
                    self.close()
                    return
                self.user.received(data, stamp_ns, now_ns)
            if ended or not count:
                self._end(None)
            if count < asked:
                return

    def _decrypt(self, tls: TlsLayer, records: bytes) -> tuple[bytes, bool]:
        """Return the data of the records that are complete now, and whether the peer has ended the session."""
        tls.receive(records)
        data, ended = tls.decrypt()
        if output := tls.pending_output():
            self._write(output)
        return data, ended

    def _break(self, error: OSError) -> None:
        if isinstance(error, ssl.SSLError):
            failure = Failure(ErrorClass.TLS, f"damaged TLS record: {error.reason or error}")
        else:
            failure = Failure(ErrorClass.CONNECT, f"the connection was lost: {error.strerror or error}")
        self._end(failure)

    def _end(self, failure: Failure | None) -> None:
        user = self.user
        self.close()
        if user is not None:
            user.lost(failure)
