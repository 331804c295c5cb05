"""The whole system in its own processes: one controller, on SQLite when nothing else is said, and agents."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil

from benchmarks.nullserver import CannotMeasureError, free_port
from benchmarks.processes import Service, started
from loadcell.client import Client, LoadcellError
from loadcell.v1 import fleet_pb2, result_pb2, run_pb2


@dataclass
class System:
    """A running system."""

    client: Client
    controller: Service
    agents: list[Service]
    folder: Path

    @property
    def agent(self) -> psutil.Process:
        """The first agent."""
        return self.agents[0].process

    async def run(
        self, *, on_update: Callable[[run_pb2.WatchRunResponse], None] | None = None, **specification: Any
    ) -> result_pb2.RunResult:
        """Carry out a run (the arguments of `Client.create_run`) to its end and return its result document."""
        run = await self.client.create_run(**{"model": "null", "acknowledge_load": True, **specification})
        async for update in self.client.watch(run):
            if on_update is not None:
                on_update(update)
        result = await self.client.result(run, partial=True)
        if result.status != "completed":
            raise CannotMeasureError(f"the run ended {result.status}: {result.error}")
        return result

    async def stored_rows(self, result: result_pb2.RunResult) -> int:
        """Count the requests the database gives back for a run."""
        return sum([piece.count(b"\n") async for piece in self.client.export(result, "jsonl")])

    def worker_cpu_seconds(self) -> float:
        """CPU time the agent's worker processes have used so far."""
        times = [child.cpu_times() for child in self.agent.children()]
        return sum(spent.user + spent.system for spent in times)

    def agent_memory(self) -> int:
        """Resident bytes of the agent and its workers."""
        family = [self.agent, *self.agent.children(recursive=True)]
        return sum(process.memory_info().rss for process in family)

    async def ready(self, count: int) -> None:
        """Wait until so many agents are ready."""
        for _ in range(300):
            for service in (self.controller, *self.agents):
                service.check()
            with contextlib.suppress(LoadcellError):  # the controller is still starting
                states = [agent.state async for agent in self.client.agents()]
                if states.count(fleet_pb2.AGENT_STATE_READY) >= count:
                    return
            await asyncio.sleep(0.1)
        raise CannotMeasureError(f"not all of {count} agents became ready within 30 seconds")


def level(result: result_pb2.RunResult) -> result_pb2.LevelResult:
    """Return the only level of a result, after checking that no request failed."""
    (only,) = result.results
    if only.failed_requests:
        raise CannotMeasureError(f"{only.failed_requests} requests failed: {dict(only.error_messages)}")
    return only


@asynccontextmanager
async def whole_system(
    *,
    agents: int = 1,
    database: str = "",
    dial: str = "",
    port: int = 0,
    settings: Mapping[str, str] = MappingProxyType({}),
    api_key: str = "",
) -> AsyncIterator[System]:
    """Start the system and wait until its agents are ready; stop it at the end.

    Args:
        agents: number of agents, each with one worker.
        database: URL of the database; empty: a new SQLite file.
        dial: address the agents dial instead of the controller's, for something in between.
        port: port of the controller; 0: a free one.
        settings: further environment of the controller.
        api_key: what the client shows.
    """
    with tempfile.TemporaryDirectory(prefix="loadcell-bench-") as name:
        folder, port = Path(name), port or free_port()
        address = f"127.0.0.1:{port}"
        controller = Service(
            "controller",
            folder,
            {
                "LOADCELL_GRPC": address,
                "LOADCELL_DATABASE_URL": database or f"sqlite:///{folder}/bench.db",
                **settings,
            },
        )
        services = [
            Service(
                "agent",
                folder,
                {
                    "LOADCELL_CONTROLLER": dial or address,
                    "LOADCELL_WORKERS": "1",
                    "LOADCELL_AGENT_ID": f"bench-{number}",
                    "LOADCELL_DATA_DIR": f"{folder}/agent-{number}",
                },
                name=f"agent-{number}",
            )
            for number in range(agents)
        ]
        async with started(controller, *services), Client(address, api_key=api_key, timeout_seconds=300) as client:
            system = System(client, controller, services, folder)
            await system.ready(agents)
            yield system
