"""A gateway on free ports before a scripted controller."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry
from scripted_controller import ScriptedController

from gateway.app import make_app
from gateway.bindings import read_bindings
from gateway.contract import SERVICES
from gateway.door import OpenDoorError
from gateway.graphql.settings import DEFAULTS, GraphqlSettings
from gateway.listener import Listener, bind, local_address
from gateway.metrics.exporter import make_exporter
from gateway.metrics.http import HttpMetrics
from gateway.metrics.live import LiveMetrics
from gateway.upstream import Upstream
from loadcell.channel import dial
from loadcell.settings import Address, Secret
from tests.patience import PATIENCE_SECONDS

GATEWAY_KEY = "key-of-the-gateway"


@dataclass
class Gateway:
    controller: ScriptedController
    http: httpx.AsyncClient
    exporter: httpx.AsyncClient


@asynccontextmanager
async def serve(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    with bind("TEST", Address("127.0.0.1", 0)) as listening:
        base_url = f"http://{local_address(listening)}"
        listener = Listener(app, listening)
        task = asyncio.create_task(listener.run_until_stopped())
        await asyncio.wait_for(listener.ready.wait(), PATIENCE_SECONDS)
        async with httpx.AsyncClient(base_url=base_url, trust_env=False) as client:
            yield client
        listener.stop()
        await task


async def _open_door() -> None:
    raise OpenDoorError


@asynccontextmanager
async def make_gateway(
    *,
    services: Any = SERVICES,
    local_only: bool = False,
    cors_origins: tuple[str, ...] = (),
    exporter_key: str = "",
    graphql: GraphqlSettings = DEFAULTS,
) -> AsyncIterator[Gateway]:
    controller = ScriptedController(services)
    registry = CollectorRegistry()
    async with AsyncExitStack() as stack:
        server, address = await controller.start()
        stack.push_async_callback(server.stop, None)
        callers = await stack.enter_async_context(dial(address))
        own = await stack.enter_async_context(dial(address, api_key=Secret(GATEWAY_KEY)))
        app = make_app(
            read_bindings(services),
            Upstream(callers),
            HttpMetrics(registry),
            before_others=_open_door if local_only else None,
            cors_origins=cors_origins,
            graphql=graphql,
        )
        http = await stack.enter_async_context(serve(app))
        metrics = make_exporter(LiveMetrics(Upstream(own)), registry, key=Secret(exporter_key))
        exporter = await stack.enter_async_context(serve(metrics))
        yield Gateway(controller, http, exporter)


@pytest.fixture
def gateway_with() -> Callable[..., Any]:
    """Makes a gateway with other settings: `async with gateway_with(local_only=True) as gateway`."""
    return make_gateway


@pytest.fixture(scope="session")
def serve_app() -> Callable[[Any], Any]:
    """Serves any application as a gateway is served: `async with serve_app(app) as client`."""
    return serve


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_gateway() -> AsyncIterator[Gateway]:
    async with make_gateway() as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_local_gateway() -> AsyncIterator[Gateway]:
    async with make_gateway(local_only=True) as made:
        yield made


@pytest.fixture
def gateway(shared_gateway: Gateway) -> Gateway:
    """A gateway whose controller has been told nothing yet; starting one takes longer than most tests."""
    shared_gateway.controller.reset()
    return shared_gateway


@pytest.fixture
def local_gateway(shared_local_gateway: Gateway) -> Gateway:
    """The same in the open single-user mode."""
    shared_local_gateway.controller.reset()
    return shared_local_gateway
