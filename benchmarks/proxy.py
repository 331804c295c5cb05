"""A network between agents and their controller that can be cut: connections stand, and nothing comes through."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PIECE_BYTES = 65_536


class Network:
    """Forwards connections to a loopback port for as long as it is up."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._up = asyncio.Event()
        self._up.set()
        self._forwarding: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Let nothing through from now on; nobody is told."""
        self._up.clear()

    def mend(self) -> None:
        """Let everything through again, what was held back as well, as TCP does after a short outage."""
        self._up.set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection, both ways, until either side ends it."""
        task = asyncio.current_task()
        assert task is not None  # a server calls this in one
        self._forwarding.add(task)
        try:
            await self._up.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._forward(reader, far_writer))
                both.create_task(self._forward(far_reader, writer))
        except* (OSError, asyncio.CancelledError):
            pass  # the end of a connection is nothing special here
        finally:
            self._forwarding.discard(task)
            writer.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(PIECE_BYTES):
                await self._up.wait()
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()

    async def end(self) -> None:
        """End every connection."""
        for task in self._forwarding:
            task.cancel()
        await asyncio.gather(*self._forwarding, return_exceptions=True)


@asynccontextmanager
async def network(port: int, upstream: int) -> AsyncIterator[Network]:
    """Run a network from a loopback port to another for as long as the context lasts."""
    through = Network(upstream)
    server = await asyncio.start_server(through.accept, "127.0.0.1", port)
    try:
        yield through
    finally:
        server.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(through.end(), 5)
