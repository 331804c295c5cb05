"""The whole system as processes: a target, controllers, agents behind cables of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger import Ledger
from proxy import Proxy
from service import Service, children, marked, open_files, told, until, until_async

from controller.store.database import READER_THREADS
from loadcell.client import Client
from loadcell.client.states import has_ended
from loadcell.errors import LoadcellError
from loadcell.mockserver import Behavior, MockServer, serve
from loadcell.v1 import fleet_pb2, result_pb2, run_pb2
from tests.free_ports import free_port

HEARTBEAT_SECONDS = 0.2
# Long enough that a busy machine keeps it, short enough that a test can wait for its end.
LEASE_SECONDS = 2.0
# Long enough for whoever must be back within it: a process that starts anew, or a line that is mended.
PATIENT = {"LOADCELL_LEASE_SECONDS": "12"}

# Loads of some seconds. All are bounded by a count; those of a rate go by the clock, and last several times as
# long as a lease: a run may miss a tenth of what nobody could take over any more.
OPEN = {"rate": [60.0], "num_prompts": 600, "warmup": 2}
POISSON = {"rate": [60.0], "num_prompts": 600, "warmup": 2, "arrival": "poisson", "seed": 11}
SKETCHED = {**OPEN, "sketch_only": True}
CLOSED = {"concurrency": [9], "num_prompts": 450, "warmup": 2}

# Readers, the writer, and who looks up callers.
DATABASE_THREADS = READER_THREADS + 2

# What no process may ever log, whatever is done to it and to the others.
BUGS = {
    "driver_failed",
    "background_task_failed",
    "commit_failed",
    "run_not_ended",
    "request_failed",
    "lease_not_prepared",
    "probe_failed",
    "lease_update_refused",
    "upkeep_failed",
    "run_not_taken_over",
}


def longer(load: dict[str, object]) -> dict[str, object]:
    """The same load twice as long: for what befalls most of the agents, or lasts longer than a lease."""
    return {**load, "num_prompts": 2 * int(str(load["num_prompts"]))}


@dataclass
class Agent:
    """An agent with its cable."""

    service: Service
    cable: Proxy
    data_dir: Path

    @property
    def agent_id(self) -> str:
        return self.service.environment["LOADCELL_AGENT_ID"]

    @property
    def workers(self) -> list[int]:
        return children(self.service.pid)


class World:
    """Everything of one test. Made by `world`."""

    def __init__(self, folder: Path, seed: int, database: str, target: MockServer) -> None:
        self.folder = folder
        self.random = random.Random(seed)
        self.database = database
        self.target = target
        self.controllers: list[Service] = []
        self.agents: list[Agent] = []
        self.exit = AsyncExitStack()
        self.settings = {
            "LOADCELL_HEARTBEAT_SECONDS": str(HEARTBEAT_SECONDS),
            "LOADCELL_LEASE_SECONDS": str(LEASE_SECONDS),
        }
        self._ports: list[int] = []
        self._front: Proxy | None = None
        self.client = Client()

    @property
    def services(self) -> list[Service]:
        """Agents, then controllers."""
        return [*(agent.service for agent in self.agents), *self.controllers]

    @property
    def lease_seconds(self) -> float:
        """How long a lease lasts without a word of its agent."""
        return float(self.settings["LOADCELL_LEASE_SECONDS"])

    async def add_controller(self, **settings: str) -> Service:
        """Start a controller on the common database."""
        port, number = free_port(), len(self.controllers)
        service = Service(
            f"controller-{number}",
            "controller",
            self.folder,
            {
                "LOADCELL_GRPC": f"127.0.0.1:{port}",
                "LOADCELL_DATABASE_URL": self.database,
                "LOADCELL_DATA_DIR": str(self.folder / "controller"),
                **self.settings,
                **settings,
            },
        )
        self.controllers.append(service)
        self._ports.append(port)
        self.exit.push_async_callback(service.close)
        await service.start()
        await service.said("application_started")
        if self._front is None:
            self._front = await self.exit.enter_async_context(Proxy(self._ports))
            await self.client.close()
            self.client = await self.exit.enter_async_context(Client(f"127.0.0.1:{self._front.port}"))
        for cable in (self._front, *(agent.cable for agent in self.agents)):
            cable.upstreams = list(self._ports)
        return service

    async def add_agent(self, agent_id: str = "", *, first: int = 0, **settings: str) -> Agent:
        """Start an agent and wait until it is registered.

        Args:
            agent_id: Its id, by default agent-N.
            first: Position of the controller its cable prefers.
            settings: More of its environment.
        """
        number = len(self.agents)
        cable = await self.exit.enter_async_context(Proxy([*self._ports[first:], *self._ports[:first]]))
        data_dir = self.folder / f"agent-{number}"
        service = Service(
            f"agent-{number}",
            "agent",
            self.folder,
            {
                "LOADCELL_CONTROLLER": f"127.0.0.1:{cable.port}",
                "LOADCELL_AGENT_ID": agent_id or f"agent-{number}",
                "LOADCELL_WORKERS": "1",
                "LOADCELL_DATA_DIR": str(data_dir),
                **settings,
            },
        )
        agent = Agent(service, cable, data_dir)
        self.agents.append(agent)
        self.exit.push_async_callback(service.close)
        await service.start()
        return agent

    async def registered(self) -> None:
        """Wait until every agent that runs has a session."""
        for agent in self.agents:
            if agent.service.running:
                await agent.service.said("agent_registered")

    async def begin(self, **load: object) -> str:
        """Start a run on all agents and return its id."""
        arguments: dict[str, object] = {
            "server_url": self.target.url,
            "model": "mock-model",
            "input_len": 8,
            "output_len": 4,
            "agent_count": len([agent for agent in self.agents if agent.service.running]),
            "timeout": 20.0,
        }
        created = await self.client.create_run(**{**arguments, **load})  # type: ignore[arg-type]
        return created.run_id

    async def in_the_middle(self, load: dict[str, object], low: float = 0.15, high: float = 0.5) -> str:
        """Start a run and return its id at a random point of its first level."""
        share = self.random.uniform(low, high)
        run_id = await self.begin(**load)
        await self.reached(run_id, share, load)
        return run_id

    async def reached(self, run_id: str, share: float, load: dict[str, object]) -> None:
        """Wait until the target has got a share of the requests of a run, counted from now."""
        wanted = self.target.requests + share * int(str(load["num_prompts"]))

        async def there() -> bool:
            if self.target.requests < wanted:
                run = await self.client.get_run(run_id)
                assert not has_ended(run), f"the run ended before its time: {run.error}"
            return self.target.requests >= wanted

        await until_async(there, f"{wanted:.0f} requests at the target")

    async def ended(self, run_id: str) -> run_pb2.Run:
        """Wait until a run has ended, whoever answers."""
        run = run_pb2.Run()

        async def over() -> bool:
            with contextlib.suppress(LoadcellError):
                run.CopyFrom(await self.client.get_run(run_id))
            return has_ended(run)

        await until_async(over, f"the end of run {run_id}")
        return run

    async def books(self, run_id: str) -> Ledger:
        """Return the books of a run that has ended, once nothing more comes in; they must be straight."""
        await self.ended(run_id)
        ledger = Ledger(_sqlalchemy(self.database), run_id, result_pb2.RunResult())
        complaints: list[str] = []

        async def straight() -> bool:
            nonlocal ledger
            ledger = Ledger(_sqlalchemy(self.database), run_id, await self.client.result(run_id, partial=True))
            complaints[:] = ledger.complaints()
            if not complaints:
                complaints.extend(await self._held_by_agents())
            return not complaints

        try:
            await until_async(straight, "straight books")
        except AssertionError:
            raise AssertionError("\n".join(complaints)) from None
        return ledger

    async def _held_by_agents(self) -> list[str]:
        """What agents that run still hold though everything is over."""
        running = {agent.agent_id: agent for agent in self.agents if agent.service.running}
        complaints = []
        async for agent in self.client.agents():
            if agent.agent_id not in running:
                continue
            if agent.state not in (fleet_pb2.AGENT_STATE_READY, fleet_pb2.AGENT_STATE_DRAINING):
                complaints.append(f"{agent.agent_id} is {fleet_pb2.AgentState.Name(agent.state)}")
            if agent.lease_count or agent.uplink_bytes:
                complaints.append(
                    f"{agent.agent_id} holds {agent.lease_count} leases and {agent.uplink_bytes} bytes"
                )
            kept = running[agent.agent_id].data_dir.rglob("*.segment")
            if left := [str(path) for path in kept if path.stat().st_size]:
                complaints.append(f"{agent.agent_id} keeps {left[:5]} in its spool")
        return complaints

    def files(self) -> dict[int, list[str]]:
        """What every process that runs, and its children, has open."""
        pids = [service.pid for service in self.services if service.running]
        return {pid: open_files(pid) for parent in pids for pid in (parent, *children(parent))}

    async def quiet(self, before: dict[int, list[str]]) -> None:
        """Wait until no process that was there before has more open than then.

        A thread of the database opens its connection when it is first needed: there may be as many as threads.
        """

        def more() -> dict[int, Counter[str]]:
            extra = {pid: _more(now, before[pid]) for pid, now in self.files().items() if pid in before}
            return {pid: files for pid, files in extra.items() if files}

        with contextlib.suppress(AssertionError):
            await until(lambda: not more(), "files closed")
        assert not (extra := more()), f"still open: {extra}"

    async def stop(self) -> None:
        """End everything as an operator does; nothing may be left, and nobody may have met a bug."""
        for together in ([agent.service for agent in self.agents], self.controllers):
            running = [service for service in together if service.running]
            for service in running:  # what was begun again and is told to end before it has started just dies
                await service.said("application_started")
                service.send(signal.SIGTERM)
            for service in running:
                assert await service.ended() == 0, f"{service.name}:\n{service.text()}"
        await until(lambda: not marked(self.folder), f"the end of {marked(self.folder)}")
        for service in self.services:
            bugs = [event for event in service.events() if event["event"] in BUGS]
            assert not bugs, f"{service.name}: {bugs}"


@asynccontextmanager
async def world(
    folder: Path,
    seed: int,
    *,
    agents: int = 1,
    workers: int = 1,
    database: str = "",
    behavior: Behavior | None = None,
    **settings: str,
) -> AsyncIterator[World]:
    """Put up a target, a controller and agents; take all down again and check that nothing is left.

    Args:
        folder: For everything written.
        seed: Of everything random.
        agents: How many.
        workers: Worker processes of each.
        database: Database of the controllers, by default an SQLite file.
        behavior: What the target does.
        settings: Environment of the controllers that is not the usual one of these tests.
    """
    wanted = behavior or Behavior(ttft_ms=40, itl_ms=5)
    async with serve(wanted) as target:
        made = World(folder, seed, database or str(folder / "loadcell.db"), target)
        made.settings.update(settings)
        async with made.exit:
            await made.add_controller()
            for _ in range(agents):
                await made.add_agent(LOADCELL_WORKERS=str(workers))
            await made.registered()
            try:
                yield made
                await made.stop()
            except BaseException as error:
                error.add_note(f"once more: make test-faults FAULT_SEED={seed}")
                for service in made.services:
                    error.add_note("\n".join([f"--- {service.name}", *told(service.log)]))
                raise


def _sqlalchemy(database: str) -> str:
    if "://" not in database:
        return f"sqlite:///{database}"
    return database.replace("postgresql://", "postgresql+psycopg://", 1)


def kill_process(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to one process of ours."""
    os.kill(pid, number)


def pick(world: World, agents: Sequence[Agent]) -> Agent:
    """A random agent."""
    return world.random.choice(agents)


async def pause(world: World, low: float, high: float) -> None:
    """Let a random time pass: how long an outage lasts."""
    await asyncio.sleep(world.random.uniform(low, high))


def _more(now: list[str], before: list[str]) -> Counter[str]:
    counts = Counter(now)
    extra = counts - Counter(before)
    return Counter({name: n for name, n in extra.items() if ".db" not in name or counts[name] > DATABASE_THREADS})
