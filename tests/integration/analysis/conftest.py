"""A controller with results and a model, behind a gateway, and callers of several roles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import httpx
import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry
from sqlalchemy import update

from controller.server import serve
from controller.settings import ControllerSettings
from controller.store.database import Connection, Database
from controller.store.migrate import open_database
from controller.store.schema import benchmark_runs
from gateway.app import make_app
from gateway.bindings import read_bindings
from gateway.contract import SERVICES
from gateway.listener import Listener, bind, local_address
from gateway.metrics.http import HttpMetrics
from gateway.upstream import Upstream
from loadcell.channel import dial
from loadcell.client import Client
from loadcell.mockserver import Behavior, MockServer
from loadcell.mockserver import serve as serve_mock
from loadcell.settings import Address, Secret
from loadcell.v1 import analysis_pb2, run_pb2, run_pb2_grpc
from tests.integration.store.stored_runs import store_runs
from tests.unit.controller.analysis.made_results import saturating

BOSS, MODEL_KEY = "the key of the settings", "sk-of-the-model"
MODEL = "mock-model"
TOKENS = 30
STATES = {
    "done": run_pb2.RUN_STATE_COMPLETED,
    "other": run_pb2.RUN_STATE_COMPLETED,
    "leaving": run_pb2.RUN_STATE_COMPLETED,
    "failed": run_pb2.RUN_STATE_FAILED,
    "running": run_pb2.RUN_STATE_RUNNING,
    "pending": run_pb2.RUN_STATE_PENDING,
}


def _store(connection: Connection) -> None:
    keys = {key: number for number, key in enumerate(STATES, 1)}
    store_runs(connection, {number: [10 * number] for number in keys.values()})
    for name, number in keys.items():
        result = saturating()
        result.run_id = name
        values = {
            "run_id": name,
            "state": STATES[name],
            "status": run_pb2.RunState.Name(STATES[name]).removeprefix("RUN_STATE_").lower(),
            "result": result.SerializeToString(),
            # Somebody else drives those that go on.
            "owner": "somebody",
            "owner_expires_at": 1 << 60,
        }
        connection.execute(update(benchmark_runs).where(benchmark_runs.c.run_key == number).values(**values))


@dataclass
class World:
    address: str
    database: Database
    model: MockServer
    http: httpx.AsyncClient
    channels: dict[str, grpc.aio.Channel]
    keys: dict[str, str] = field(default_factory=dict)

    def analyze(self, role: str, run_id: str = "done", **fields: object) -> grpc.aio.UnaryStreamCall:
        stub = run_pb2_grpc.RunServiceStub(self.channels[role])
        return stub.AnalyzeRun(analysis_pb2.AnalyzeRunRequest(run_id=run_id, **fields))

    async def all_of(self, role: str, run_id: str = "done", **fields: object) -> list:
        return [piece async for piece in self.analyze(role, run_id, **fields)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    path: Path = tmp_path_factory.mktemp("analysis") / "loadcell.db"
    async with AsyncExitStack() as stack:
        database = await open_database(path)
        stack.push_async_callback(database.close)
        await database.write(_store)
        model = await stack.enter_async_context(serve_mock(api_key=MODEL_KEY, keep_bodies=True))
        settings = ControllerSettings(
            grpc=Address("127.0.0.1", 0),
            database=path,
            api_key=Secret(BOSS),
            analysis_url=model.url,
            analysis_model=MODEL,
            analysis_api_key=Secret(MODEL_KEY),
            analysis_tokens=TOKENS,
        )
        address = str((await stack.enter_async_context(serve(settings))).address)
        keys = {"boss": BOSS}
        async with Client(address, api_key=BOSS) as boss:
            for role in ("developer", "viewer"):
                keys[role] = (await boss.create_api_key(role, role=role, projects=["default"])).key
        channels = {
            role: await stack.enter_async_context(dial(address, api_key=Secret(key))) for role, key in keys.items()
        }
        plain = await stack.enter_async_context(dial(address))
        app = make_app(
            read_bindings(SERVICES), Upstream(plain), HttpMetrics(CollectorRegistry()), before_others=None
        )
        listening = stack.enter_context(bind("TEST", Address("127.0.0.1", 0)))
        listener = Listener(app, listening)
        task = asyncio.create_task(listener.run_until_stopped())
        await listener.ready.wait()
        http = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=f"http://{local_address(listening)}", trust_env=False, headers={"X-API-Key": BOSS}
            )
        )
        yield World(address, database, model, http, channels, keys)
        listener.stop()
        await task


@pytest.fixture
def world(shared_world: World) -> World:
    """The world with a model that answers at once."""
    shared_world.model.behavior = Behavior()
    return shared_world
