"""Many WebSockets that watch one run, in one process.

    python -m benchmarks.watchers ADDRESS RUN_ID COUNT

Prints "ready" when all have heard of the run. For every line on standard input with a number of seconds it listens
for so long and prints what it heard as one JSON line. How late a message is, is the time since it was made.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import sys
import time
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import uvloop

from loadcell.open_files import raise_open_files_limit

_CONNECTING = 20  # handshakes under way at a time
_READY_SECONDS = 110.0
# The first that is in a message of progress is when its figures were made.
_MADE = re.compile(rb'"timestamp":([0-9.]+)')


@dataclass
class Heard:
    """What all watchers heard while it counted."""

    counting: bool = False
    late: list[float] = field(default_factory=list)
    lagged: int = 0


class Watcher(asyncio.Protocol):
    """One WebSocket. It parses no more of the protocol than a gateway sends: whole frames of text."""

    def __init__(self, path: str, host: str, heard: Heard) -> None:
        self._path, self._host, self._heard = path, host, heard
        self._buffer = b""
        self._upgraded = False
        self.told = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a WebSocket."""
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {self._path} HTTP/1.1",
            f"Host: {self._host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        )
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def connection_lost(self, exc: Exception | None) -> None:
        """Say so to whoever still waits."""
        if not self.told.done():
            self.told.set_exception(exc or ConnectionError("the gateway closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Take the frames that are complete."""
        now = time.time()
        self._buffer += data
        if not self._upgraded:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101 "):
                self._transport.abort()
                return
            self._upgraded, self._buffer = True, rest
        while (frame := self._frame()) is not None:
            self._take(*frame, now)

    def _frame(self) -> tuple[int, bytes] | None:
        buffer, start = self._buffer, 2
        if len(buffer) < start:
            return None
        length = buffer[1]
        if length == 126:
            start, length = 4, int.from_bytes(buffer[2:4])
        if len(buffer) < start + length:
            return None
        self._buffer = buffer[start + length :]
        return buffer[0] & 0x0F, buffer[start : start + length]

    def _take(self, opcode: int, data: bytes, now: float) -> None:
        if opcode == 9:
            self._transport.write(bytes([0x8A, 0x80 | len(data), 0, 0, 0, 0]) + data)
            return
        if not self.told.done():
            self.told.set_result(None)
        if self._heard.counting:
            made = _MADE.search(data)
            if made is not None:
                self._heard.late.append(now - float(made[1]))
            self._heard.lagged += b'"lagged"' in data


async def watch(address: str, run_id: str, count: int) -> None:
    """Connect, then count whenever it is asked for."""
    host, _, port = address.rpartition(":")
    heard, connecting = Heard(), asyncio.Semaphore(_CONNECTING)
    loop = asyncio.get_running_loop()

    async def one() -> None:
        async with connecting:
            _, watcher = await loop.create_connection(
                lambda: Watcher(f"/api/v1/benchmark/ws/run/{run_id}", address, heard), host, int(port)
            )
            await watcher.told

    async with asyncio.timeout(_READY_SECONDS):
        await asyncio.gather(*(one() for _ in range(count)))
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        heard.late.clear()
        heard.lagged, heard.counting = 0, True
        await asyncio.sleep(float(line))
        heard.counting = False
        late = np.array(heard.late) * 1e3
        p50, p99 = (float(np.percentile(late, q)) if len(late) else 0.0 for q in (50, 99))
        print(json.dumps({"messages": len(late), "p50": p50, "p99": p99, "lagged": heard.lagged}), flush=True)


if __name__ == "__main__":
    raise_open_files_limit()
    uvloop.run(watch(sys.argv[1], sys.argv[2], int(sys.argv[3])))
