"""Shows wrong API keys and waits for no answer: python -m benchmarks.wrong_keys HOST:PORT A_SECOND CONNECTIONS.

Begins with a line on standard input, ends with the next one and prints how many keys were shown in how many
seconds, how many of them were answered and how many streams were cut off. It speaks HTTP/2 by itself, because a
client of gRPC takes more time for a call than the controller takes to refuse it.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from dataclasses import dataclass
from itertools import count
from typing import cast

import uvloop

from controller.access.keys import new_key

_TICK_SECONDS = 0.01
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GO_AWAY = 0, 1, 3, 4, 6, 7
_ACK = _END_STREAM = 1
_END_HEADERS = 4
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_EMPTY_MESSAGE = bytes(5)


@dataclass
class Seen:
    """What came of the keys."""

    shown: int = 0
    answered: int = 0
    cut: int = 0


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Return a frame (RFC 9113, 4.1)."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def text(value: str) -> bytes:
    """Return a short string of a header as it is (RFC 7541, 5.2)."""
    return bytes([len(value)]) + value.encode()


def head(authority: str) -> bytes:
    """Return the headers of a call that are always the same, none of them remembered (RFC 7541, 6.2.2)."""
    method, scheme, path, host, kind = b"\x83", b"\x86", b"\x04", b"\x01", b"\x0f\x10"
    return b"".join(
        (
            *(method, scheme),
            *(path, text("/loadcell.v1.AuthService/GetCaller")),
            *(host, text(authority)),
            *(kind, text("application/grpc")),
            *(b"\x00", text("te"), text("trailers")),
            *(b"\x00", text("x-api-key")),
        )
    )


class Guesser(asyncio.Protocol):
    """One connection."""

    def __init__(self, authority: str, seen: Seen) -> None:
        self._head, self._seen = head(authority), seen
        self._streams = count(1, 2)
        self._read = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Introduce ourselves."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(_PREFACE + frame(_SETTINGS, 0, 0))

    def connection_lost(self, _exc: Exception | None) -> None:
        """Guess no more."""
        self.transport = None

    def guess(self, keys: int) -> None:
        """Show so many keys."""
        if self.transport is None:
            return
        parts = []
        for _ in range(keys):
            stream = next(self._streams)
            parts.append(frame(_HEADERS, _END_HEADERS, stream, self._head + text(new_key())))
            parts.append(frame(_DATA, _END_STREAM, stream, _EMPTY_MESSAGE))
        self.transport.write(b"".join(parts))
        self._seen.shown += keys

    def data_received(self, data: bytes) -> None:
        """Count answers, and answer what a server asks of every client."""
        self._read += data
        at = 0
        while len(self._read) >= at + 9:
            size = int.from_bytes(self._read[at : at + 3], "big")
            if len(self._read) < at + 9 + size:
                break
            kind, flags = self._read[at + 3 : at + 5]
            self._take(kind, flags, self._read[at + 9 : at + 9 + size])
            at += 9 + size
        self._read = self._read[at:]

    def _take(self, kind: int, flags: int, payload: bytes) -> None:
        if kind == _HEADERS and flags & _END_STREAM:
            self._seen.answered += 1
        elif kind == _RESET:
            self._seen.cut += 1
        elif kind in (_SETTINGS, _PING) and not flags & _ACK and self.transport is not None:
            self.transport.write(frame(kind, _ACK, 0, payload if kind == _PING else b""))
        elif kind == _GO_AWAY and self.transport is not None:
            self.transport.close()


async def main(address: str, a_second: int, connections: int) -> None:
    """Guess until told to stop."""
    host, _, port = address.rpartition(":")
    loop, seen, guessers = asyncio.get_running_loop(), Seen(), list[Guesser]()

    async def connect() -> Guesser:
        return (await loop.create_connection(lambda: Guesser(address, seen), host, int(port)))[1]

    for _ in range(connections):
        guessers.append(await connect())
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    stopped = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
    began = time.monotonic()
    while not stopped.done():
        # As many as are due, whatever came of those before; at most a second's worth.
        due = min(round((time.monotonic() - began) * a_second) - seen.shown, a_second)
        for place in range(connections):
            if guessers[place].transport is None:
                guessers[place] = await connect()
            guessers[place].guess(due // connections)
        await asyncio.sleep(_TICK_SECONDS)
    lasted = time.monotonic() - began
    told = {"shown": seen.shown, "answered": seen.answered, "cut": seen.cut, "seconds": lasted}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
