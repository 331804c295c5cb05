"""Starting and stopping the mock server."""

import asyncio
import hmac
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from loadcell.mockserver.behavior import Behavior, Fault, fault_of
from loadcell.mockserver.connection import Connection
from loadcell.mockserver.counters import Counters

KEPT_BODIES = 10_000
# After so many turns of asyncio's loop what it has accepted is a connection; until then nobody can close it.
_TURNS_TO_CONNECT = 3


class MockServer:
    """A running mock server.

    Attributes:
        behavior: What it does; may be replaced while it runs.
        url: Base URL.
        port: TCP port.
        connections: Connections accepted so far.
        requests: Completions asked for so far.
        counters: What it says of itself on its page of metrics.
        bodies: The last request bodies, when they are kept.
    """

    def __init__(self, behavior: Behavior, *, api_key: str = "", keep_bodies: bool = False) -> None:
        self.behavior = behavior
        self.url = ""
        self.port = 0
        self.connections = 0
        self.requests = 0
        self.counters = Counters()
        self.bodies: deque[bytes] = deque(maxlen=KEPT_BODIES if keep_bodies else 0)
        self.created = int(time.time())
        self.open_connections: set[Connection] = set()
        self._expected = f"Bearer {api_key}".encode() if api_key else b""
        self._listener: asyncio.Server | None = None

    def admits(self, authorization: str) -> bool:
        """Tell whether a request with this Authorization header may be answered."""
        return not self._expected or hmac.compare_digest(authorization.encode("latin-1"), self._expected)

    def admit(self, body: bytes) -> tuple[int, Fault]:
        """Count a completion request and decide its fate: its number and its fault."""
        ordinal = self.requests
        self.requests += 1
        if self.bodies.maxlen:
            self.bodies.append(body)
        return ordinal, fault_of(self.behavior, ordinal)

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Listen. Port 0 takes a free one.

        Raises:
            OSError: The address cannot be had.
        """
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: Connection(self), host, port, ssl=tls, backlog=4096)
        self.port = self._listener.sockets[0].getsockname()[1]
        name = f"[{host}]" if ":" in host else host
        self.url = f"{'https' if tls else 'http'}://{name}:{self.port}"

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        if self._listener is None:
            return
        loop = asyncio.get_running_loop()
        for listening in self._listener.sockets:
            loop.remove_reader(listening.fileno())
        for _ in range(_TURNS_TO_CONNECT):
            await asyncio.sleep(0)
        self._listener.close()
        ends = [connection.close() for connection in self.open_connections]
        await asyncio.gather(*ends)
        await self._listener.wait_closed()


@asynccontextmanager
async def serve(
    behavior: Behavior | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    api_key: str = "",
    tls: ssl.SSLContext | None = None,
    keep_bodies: bool = False,
) -> AsyncIterator[MockServer]:
    """Run a mock server inside this event loop.

    Example:
        async with serve(Behavior(ttft_ms=20)) as server:
            ...  # talk to server.url
    """
    server = MockServer(behavior or Behavior(), api_key=api_key, keep_bodies=keep_bodies)
    await server.start(host, port, tls)
    try:
        yield server
    finally:
        await server.stop()
