"""A network cable between agents and controllers that can be cut, slowed down, refused and left half open."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Sequence
from typing import Self

_ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset


class Proxy:
    """Forwards TCP connections to the first upstream that accepts.

    Attributes:
        port: Where it listens.
        delay_seconds: How long every piece of bytes is held back, in both directions.
        twice: Whether every connection is made twice; the second says nothing and lives as long as the first.
        connections: Connections accepted so far.
    """

    def __init__(self, upstreams: Sequence[int]) -> None:
        self.upstreams = list(upstreams)
        self.delay_seconds = 0.0
        self.twice = False
        self.connections = 0
        self.port = 0
        self._refusing = False
        self._open = asyncio.Event()  # clear: bytes are swallowed, nobody is told
        self._open.set()
        self._server: asyncio.Server | None = None
        self._pairs: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.drop()
        await asyncio.gather(*self._pairs, return_exceptions=True)
        await self._server.wait_closed()

    def drop(self) -> None:
        """Reset every connection; new ones are welcome."""
        for pair in self._pairs:
            pair.cancel()

    def cut(self) -> None:
        """Reset every connection and refuse new ones until `mend`."""
        self._refusing = True
        self.drop()

    def swallow(self) -> None:
        """Let every connection stand and carry nothing, until `mend`: a cable that was pulled out."""
        self._open.clear()

    def mend(self) -> None:
        """Be a good cable again. What was swallowed is lost with its connection, as after a long outage."""
        if not self._open.is_set():
            self.drop()
        self._refusing = False
        self.delay_seconds = 0.0
        self._open.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._pairs.add(task)
        try:
            if not self._refusing:
                await self._connect(reader, writer)
        except asyncio.CancelledError:
            pass  # `drop`
        finally:
            self._pairs.discard(task)
            _reset(writer)

    async def _upstream(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for port in self.upstreams:
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        return None

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made = [await self._upstream() for _ in range(2 if self.twice else 1)]
        if made[0] is None:
            return
        there, back = made[0]
        try:
            async with asyncio.TaskGroup() as group:
                both = [
                    group.create_task(self._carry(reader, back)),
                    group.create_task(self._carry(there, writer)),
                ]
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                for one in both:
                    one.cancel()
        finally:
            for one in made:
                if one is not None:
                    _reset(one[1])

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                await self._open.wait()
                writer.write(data)
                await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
    writer.transport.abort()
