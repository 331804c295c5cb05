"""Listening sockets and the servers on them."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from gateway.live.protocol import MAX_MESSAGE_BYTES, PING_SECONDS, LiveProtocol, LiveState
from gateway.protocol import JsonHttpProtocol
from loadcell.listening import listen
from loadcell.settings import Address, kind_of

BACKLOG = 2048
HANDSHAKE_SECONDS = 10.0  # as for a head: until then a connection is not even counted


def bind(name: str, address: Address) -> socket.socket:
    """Return a socket bound to an address, whose setting is `name`.

    Raises:
        SettingsError: the address is taken or not of this machine.
    """
    try:
        return listen(address, BACKLOG)
    except OSError as error:
        raise kind_of(error)(f"{name}={address}: cannot listen: {error.strerror or error}") from error


def local_address(listening: socket.socket) -> str:
    """Return where a socket listens, as host:port."""
    host, port, *_ = listening.getsockname()
    return str(Address(host, port))


class Listener(uvicorn.Server):
    """Serves one application on one bound socket until it is stopped; signals are left to the process.

    Args:
        app: The application.
        listening: The socket.
        tls: What to speak TLS with, None: nothing.
        stop_seconds: How long requests being served may go on when it is stopped.
    """

    def __init__(
        self,
        app: Starlette,
        listening: socket.socket,
        tls: ssl.SSLContext | None = None,
        stop_seconds: int = 30,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=JsonHttpProtocol,
                ws=LiveProtocol,
                ws_max_size=MAX_MESSAGE_BYTES,
                ws_ping_interval=PING_SECONDS,
                ws_ping_timeout=PING_SECONDS,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=stop_seconds,
            )
        )
        self.server_state = LiveState()
        self._listening, self._tls = listening, tls
        self.ready = asyncio.Event()

    async def run_until_stopped(self) -> None:
        """Serve; returns after `stop`, when open requests have been answered or their time is over."""
        await self.serve(sockets=[self._listening])

    def stop(self) -> None:
        """Take no further requests and end."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so; uvicorn itself would wait for a minute until a client shakes hands."""
        self.servers = [
            await asyncio.get_running_loop().create_server(
                self._protocol,
                sock=listening,
                backlog=BACKLOG,
                ssl=self._tls,
                ssl_handshake_timeout=None if self._tls is None else HANDSHAKE_SECONDS,
            )
            for listening in sockets or ()
        ]
        self.started = True
        self.ready.set()

    def _protocol(self) -> JsonHttpProtocol:
        return JsonHttpProtocol(self.config, self.server_state, app_state={})

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: one process has two servers and one way to end."""
        yield
