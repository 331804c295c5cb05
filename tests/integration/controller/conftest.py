from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import grpc
import pytest

from controller.dispatch.dispatcher import Dispatcher
from controller.server import serve
from controller.settings import ControllerSettings
from loadcell.channel import dial
from loadcell.settings import Address, Secret
from loadcell.tls import ClientTls
from loadcell.v1 import agent_pb2_grpc, fleet_pb2_grpc, run_pb2, run_pb2_grpc
from tests.integration.controller.scripted_agent import ScriptedAgent
from tests.patience import PATIENCE_SECONDS


@dataclass
class Controller:
    """A controller and the stubs to call it."""

    address: str
    database: Path
    channel: grpc.aio.Channel
    dispatcher: Dispatcher
    stack: AsyncExitStack

    def __post_init__(self) -> None:
        self.runs = run_pb2_grpc.RunServiceStub(self.channel)
        self.fleet = fleet_pb2_grpc.FleetServiceStub(self.channel)
        self.agents = agent_pb2_grpc.AgentServiceStub(self.channel)

    async def agent(self, agent_id: str = "agent-1", **behaviour: object) -> ScriptedAgent:
        return await self.stack.enter_async_context(ScriptedAgent.connected(self.address, agent_id, **behaviour))

    async def create(self, **fields: object) -> str:
        bound = {} if "duration_seconds" in fields else {"num_prompts": 10}
        spec = {"server_url": "http://127.0.0.1:9", "model": "m", "warmup": 0, **bound, **fields}
        return (await self.runs.CreateRun(run_pb2.CreateRunRequest(**spec))).run_id

    async def run(self, run_id: str) -> run_pb2.Run:
        return (await self.runs.GetRun(run_pb2.GetRunRequest(run_id=run_id))).run

    async def until(self, run_id: str, *states: int) -> run_pb2.Run:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                run = await self.run(run_id)
                if run.state in states:
                    return run
                await asyncio.sleep(0.02)

    async def ended(self, run_id: str) -> run_pb2.Run:
        return await self.until(
            run_id, run_pb2.RUN_STATE_COMPLETED, run_pb2.RUN_STATE_FAILED, run_pb2.RUN_STATE_CANCELLED
        )

    async def result(self, run_id: str, *, partial: bool = False):
        request = run_pb2.GetRunResultRequest(run_id=run_id, partial=partial)
        return (await self.runs.GetRunResult(request)).result


@pytest.fixture
async def start(database_file: Path) -> AsyncIterator[Callable]:
    """Start controllers in this process; all end with the test."""
    async with AsyncExitStack() as stack:

        @asynccontextmanager
        async def one(tls: ClientTls | None = None, **settings: object) -> AsyncIterator[Controller]:
            chosen = replace(
                ControllerSettings(
                    grpc=Address("127.0.0.1", 0),
                    database=database_file,
                    lease_seconds=1.0,
                    heartbeat_seconds=0.1,
                    agent_wait_seconds=10.0,
                ),
                **settings,
            )
            async with AsyncExitStack() as inner:
                serving = await inner.enter_async_context(serve(chosen))
                address = serving.address
                key = chosen.api_key or Secret("")
                channel = await inner.enter_async_context(dial(str(address), api_key=key or None, tls=tls))
                yield Controller(str(address), chosen.database, channel, serving.dispatcher, inner)

        async def begin(**settings: object) -> Controller:
            return await stack.enter_async_context(one(**settings))

        yield begin


@pytest.fixture
async def controller(start: Callable) -> Controller:
    return await start()
