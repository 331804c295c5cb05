"""A controller with something of every kind in the project alpha, less in beta, and keys of every role."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from controller.access.permissions import ADMIN, ROLES
from controller.server import serve
from controller.settings import ControllerSettings
from controller.store.place import Place
from gateway.contract import SERVICES as OVER_HTTP
from loadcell.channel import dial
from loadcell.client import Client
from loadcell.rpc_errors import from_rpc_error
from loadcell.settings import Address, Secret
from loadcell.v1 import agent_pb2, capacity_pb2, recommend_pb2, run_pb2
from tests.integration.controller.scripted_agent import ScriptedAgent
from tests.patience import PATIENCE_SECONDS

BOSS = Secret("the key of the settings")
OWN, OTHER, NONE, EVERY = "own", "other", "no", "every"
PEAK = capacity_pb2.ExpectedWorkload(peak_concurrency=10)
PROJECTS = {OWN: ["alpha"], OTHER: ["beta"], NONE: []}
CALLERS = [(ADMIN, EVERY), *((role, whose) for role in ROLES if role != ADMIN for whose in PROJECTS)]
METHODS = {
    f"{service.name}/{method.name}": method
    for service in (*OVER_HTTP, agent_pb2.DESCRIPTOR.services_by_name["AgentService"])
    for method in service.methods
}


@dataclass
class World:
    """What there is in alpha, and some of beta.

    `channels` are those of the callers, by role and whose projects they have.
    """

    address: str
    boss: grpc.aio.Channel
    channels: dict[tuple[str, str], grpc.aio.Channel]
    run_ids: list[str] = field(default_factory=list)
    trace_id: str = ""
    run_id_of_beta: str = ""
    trace_id_of_beta: str = ""
    budget_id: str = ""
    job_id: str = ""
    recommendation_id: str = ""

    async def ask(self, method: str, /, **fields: object) -> Any:
        """Call a method with one message as who may do everything."""
        answers = await call(self.boss, method, GetMessageClass(METHODS[method].input_type)(**fields))
        return answers[0]

    async def run(self, project: str, **fields: object) -> str:
        """Create a run, which waits for an agent."""
        spec = {"server_url": "http://127.0.0.1:9", "model": "m", "num_prompts": 5, "warmup": 0, **fields}
        return (await self.ask("RunService/CreateRun", project_id=project, **spec)).run_id

    async def recommendation(self, project: str) -> str:
        """Ask for a capacity, which waits for an agent."""
        test = recommend_pb2.CapacityTest(concurrency_steps=[1], num_requests_per_step=5)
        spec = {"server_url": "http://127.0.0.1:9", "model": "m", "workload": PEAK, "warmup": 0}
        made = await self.ask(
            "RecommendService/CreateRecommendation", project_id=project, test_config=test, **spec
        )
        return made.run_id

    async def budget(self, project: str) -> str:
        """Create a budget."""
        made = await self.ask(
            "CostService/CreateBudget",
            project_id=project,
            name="b",
            amount=1.0,
            period="monthly",
            threshold_type="percentage",
            warning_threshold=50.0,
            critical_threshold=90.0,
        )
        return made.data.id

    async def job(self, project: str) -> str:
        """Export a project."""
        made = await self.ask("ExportService/CreateExport", project_id=project, format="jsonl")
        return made.data.job_id


@asynccontextmanager
async def open_world(place: Place) -> AsyncIterator[World]:
    """Prepare a world in a database."""
    settings = ControllerSettings(
        grpc=Address("127.0.0.1", 0),
        database=place,
        api_key=BOSS,
        rate_limit_enabled=False,
        auth_failures=0,
        heartbeat_seconds=0.1,
    )
    async with AsyncExitStack() as stack:
        address = str((await stack.enter_async_context(serve(settings))).address)
        boss = await stack.enter_async_context(dial(address, api_key=BOSS))
        channels = {}
        async with Client(address, api_key=BOSS) as client:
            for role, whose in CALLERS:
                made = await client.create_api_key(f"{role} {whose}", role=role, projects=PROJECTS.get(whose, ()))
                channel = dial(address, api_key=Secret(made.key))
                channels[role, whose] = await stack.enter_async_context(channel)
        world = World(address, boss, channels)
        await _populate(world)
        yield world


async def _populate(world: World) -> None:
    async with ScriptedAgent.connected(world.address, "agent-1", api_key=BOSS) as agent:
        world.run_ids = [await world.run("alpha", model=model) for model in ("m", "n")]
        world.recommendation_id = await world.recommendation("alpha")
        world.run_id_of_beta = await world.run("beta")
        for run_id in [*world.run_ids, world.recommendation_id, world.run_id_of_beta]:
            await _ended(world, run_id)
        assert len(agent.starts) == 4
    listed = await world.ask("TraceService/ListTraces", run_id=world.run_ids[0])
    world.trace_id = listed.data[0].trace_id
    listed = await world.ask("TraceService/ListTraces", run_id=world.run_id_of_beta)
    world.trace_id_of_beta = listed.data[0].trace_id
    for project in ("beta", "alpha"):
        world.budget_id, world.job_id = await world.budget(project), await world.job(project)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await world.ask("ExportService/GetExportJob", job_id=world.job_id)).data.status != "completed":
            await asyncio.sleep(0.02)


async def _ended(world: World, run_id: str) -> None:
    watching = await call(world.boss, "RunService/WatchRun", run_pb2.WatchRunRequest(run_id=run_id), whole=True)
    assert watching[-1].run.state == run_pb2.RUN_STATE_COMPLETED, watching[-1]


async def call(channel: grpc.aio.Channel, name: str, request: Message, *, whole: bool = False) -> list[Any]:
    """Call a method of any kind with one message; return its first answer, or all.

    Raises:
        grpc.aio.AioRpcError: It was refused.
    """
    method = METHODS[name]
    kind = ("stream" if method.client_streaming else "unary") + (
        "_stream" if method.server_streaming else "_unary"
    )
    calling = getattr(channel, kind)(
        f"/{method.containing_service.full_name}/{method.name}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )

    async def messages() -> AsyncIterator[Message]:
        yield request

    going = calling(messages() if method.client_streaming else request, timeout=PATIENCE_SECONDS)
    if not method.server_streaming:
        return [await going]
    if whole:
        return [answer async for answer in going]
    first = await going.read()
    going.cancel()
    return [first]


async def outcome(channel: grpc.aio.Channel, name: str, request: Message | None = None) -> str:
    """Return the reason a call is refused for, or OK; without a request it is called with an empty one."""
    empty = GetMessageClass(METHODS[name].input_type)()
    for _ in range(10):
        try:
            await call(channel, name, empty if request is None else request)
        except grpc.aio.AioRpcError as error:
            # Where a stream is refused while its first message is written, gRPC tells of the write alone. What
            # the controller says itself always comes with its reason.
            if error.code() is grpc.StatusCode.INTERNAL and not error.trailing_metadata():
                continue
            return from_rpc_error(error).reason
        return "OK"
    raise AssertionError(name)
