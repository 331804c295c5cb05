from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from controller.server import serve
from controller.settings import ControllerSettings
from gateway.app import make_app
from gateway.bindings import read_bindings
from gateway.contract import SERVICES
from gateway.door import Door
from gateway.listener import Listener, bind, local_address
from gateway.live.lines import Lines
from gateway.live.live import Live, LiveLimits
from gateway.metrics.http import HttpMetrics
from gateway.upstream import Upstream
from loadcell.channel import dial
from loadcell.client import Client
from loadcell.settings import Address, Secret
from loadcell.v1 import run_pb2
from tests.integration.controller.conftest import Controller, controller, start
from tests.patience import PATIENCE_SECONDS

__all__ = ["controller", "start"]

PAGE = "https://page.example"


@dataclass
class LiveGateway:
    """A gateway before a controller, with clients for it."""

    address: str
    http: httpx.AsyncClient
    live: Live
    listener: Listener
    lines: Lines
    stack: AsyncExitStack
    headers: dict[str, str] = field(default_factory=dict)

    def socket(
        self, path: str, *, headers: dict[str, str] | None = None, called: str = "", **more: Any
    ) -> connect:
        """Open one. `called` is the name that the client knows this machine by."""
        host, _, port = self.address.rpartition(":")
        return connect(
            f"ws://{called or host}:{port}{path}",
            host=host,
            port=int(port),
            additional_headers=self.headers if headers is None else headers,
            compression=None,
            proxy=None,
            ping_interval=None,
            **more,
        )

    def run_socket(self, run_id: str, **more: Any) -> connect:
        return self.socket(f"/api/v1/benchmark/ws/run/{run_id}", **more)


@asynccontextmanager
async def serve_live(
    address: str,
    *,
    cors_origins: tuple[str, ...] = (),
    guarded: bool = False,
    tls: ssl.SSLContext | None = None,
    **limits: Any,
) -> AsyncIterator[LiveGateway]:
    async with AsyncExitStack() as stack:
        upstream = Upstream(await stack.enter_async_context(dial(address)))
        lines = await stack.enter_async_context(Lines(lambda: dial(address)))
        chosen = LiveLimits(**{"connections": 100, "connections_each": 50, "origins": cors_origins, **limits})
        live = await stack.enter_async_context(Live(upstream, lines, chosen))
        app = make_app(
            read_bindings(SERVICES),
            upstream,
            HttpMetrics(CollectorRegistry()),
            cors_origins=cors_origins,
            before_others=Door(upstream).check if guarded else None,
            live=live,
        )
        listening = stack.enter_context(bind("TEST", Address("127.0.0.1", 0)))
        at = local_address(listening)
        listener = Listener(app, listening, tls)
        task = asyncio.create_task(listener.run_until_stopped())
        await asyncio.wait_for(listener.ready.wait(), PATIENCE_SECONDS)
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=f"http://{at}", trust_env=False, timeout=PATIENCE_SECONDS)
        )
        yield LiveGateway(at, http, live, listener, lines, stack)
        live.stop()
        listener.stop()
        await task


@pytest.fixture
async def live_gateway() -> AsyncIterator[Callable[..., Any]]:
    """Make gateways before controllers: `await live_gateway(controller)`; all end with the test."""
    async with AsyncExitStack() as stack:

        async def make(before: Controller, **more: Any) -> LiveGateway:
            return await stack.enter_async_context(serve_live(before.address, **more))

        yield make


BOSS = Secret("the key of the settings")


@dataclass
class World:
    """A controller that asks for a credential, and a gateway before it."""

    controller: Controller
    gateway: LiveGateway

    @property
    def boss(self) -> dict[str, str]:
        return {"X-API-Key": BOSS.reveal()}

    async def client(self) -> Client:
        return await self.gateway.stack.enter_async_context(Client(self.controller.address, api_key=BOSS))

    async def ticket(self, key: str = BOSS.reveal()) -> str:
        answer = await self.gateway.http.post("/api/v1/auth/ticket", json={}, headers={"X-API-Key": key})
        return str(answer.json()["ticket"])

    async def ended_run(self, **fields: object) -> str:
        """A run that was cancelled before any agent came."""
        run_id = await self.controller.create(**fields)
        await self.controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
        await self.controller.ended(run_id)
        return run_id


@asynccontextmanager
async def open_world(folder: Path, *, public_reads: bool = False, **limits: Any) -> AsyncIterator[World]:
    settings = ControllerSettings(
        grpc=Address("127.0.0.1", 0),
        database=folder / "loadcell.db",
        api_key=BOSS,
        agent_wait_seconds=60.0,
        public_reads=public_reads,
    )
    async with AsyncExitStack() as stack:
        serving = await stack.enter_async_context(serve(settings))
        address = str(serving.address)
        channel = await stack.enter_async_context(dial(address, api_key=BOSS))
        made = Controller(address, settings.database, channel, serving.dispatcher, stack)
        yield World(made, await stack.enter_async_context(serve_live(address, **limits)))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One for all tests of a module."""
    async with open_world(tmp_path_factory.mktemp("live"), cors_origins=(PAGE,)) as made:
        yield made


async def heard(socket: ClientConnection) -> Any:
    """The next message."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        text = await socket.recv()
    assert isinstance(text, str)
    return text if text in ("ping", "pong") else json.loads(text)


async def heard_until(socket: ClientConnection, kind: str) -> list[dict[str, Any]]:
    """All messages up to one of a kind."""
    found: list[dict[str, Any]] = []
    while not found or found[-1]["type"] != kind:
        found.append(await heard(socket))
    return found


async def closed(socket: ClientConnection) -> tuple[list[Any], int, str]:
    """All messages that still come, and the code and the reason of the close."""
    found: list[Any] = []
    try:
        while True:
            found.append(await heard(socket))
    except ConnectionClosed:
        return found, socket.close_code, socket.close_reason
