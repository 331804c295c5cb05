"""The whole system in its own processes: one controller on SQLite, one agent with one worker."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.nullserver import CannotMeasureError, free_port
from loadcell.client import Client, LoadcellError
from loadcell.v1 import fleet_pb2, result_pb2, run_pb2


@dataclass
class System:
    """A running system."""

    client: Client
    agent: psutil.Process

    async def run(
        self, *, on_update: Callable[[run_pb2.WatchRunResponse], None] | None = None, **specification: Any
    ) -> result_pb2.RunResult:
        """Carry out a run (the arguments of `Client.create_run`) to its end and return its result document."""
        run = await self.client.create_run(model="null", **specification)
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


def level(result: result_pb2.RunResult) -> result_pb2.LevelResult:
    """Return the only level of a result, after checking that no request failed."""
    (only,) = result.results
    if only.failed_requests:
        raise CannotMeasureError(f"{only.failed_requests} requests failed: {dict(only.error_messages)}")
    return only


@asynccontextmanager
async def whole_system() -> AsyncIterator[System]:
    """Start the system and wait until its agent is ready; stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="loadcell-bench-") as name:
        folder, port = Path(name), free_port()
        common = {**os.environ, "LOADCELL_LOG_LEVEL": "warning"}
        controller = await _start(
            "controller",
            folder,
            {
                **common,
                "LOADCELL_GRPC": f"127.0.0.1:{port}",
                "LOADCELL_DATABASE_URL": f"sqlite:///{folder}/bench.db",
            },
        )
        agent = await _start(
            "agent",
            folder,
            {**common, "LOADCELL_CONTROLLER": f"127.0.0.1:{port}", "LOADCELL_WORKERS": "1"},
        )
        processes = {"controller": controller, "agent": agent}
        try:
            async with Client(f"127.0.0.1:{port}", timeout_seconds=300) as client:
                await _ready(client, processes, folder)
                yield System(client, psutil.Process(agent.pid))
        finally:
            for process in (agent, controller):
                if process.returncode is None:
                    process.terminate()
                await asyncio.wait_for(process.wait(), 30)


async def _start(service: str, folder: Path, environ: dict[str, str]) -> asyncio.subprocess.Process:
    with (folder / f"{service}.log").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", service, env=environ, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
        )


async def _ready(client: Client, processes: dict[str, asyncio.subprocess.Process], folder: Path) -> None:
    for _ in range(300):
        for service, process in processes.items():
            if process.returncode is not None:
                said = (folder / f"{service}.log").read_text(encoding="utf-8").splitlines()
                raise CannotMeasureError(f"the {service} ended with {process.returncode}: {' '.join(said[-1:])}")
        with contextlib.suppress(LoadcellError):  # the controller is still starting
            if any([agent.state == fleet_pb2.AGENT_STATE_READY async for agent in client.agents()]):
                return
        await asyncio.sleep(0.1)
    raise CannotMeasureError("no agent became ready within 30 seconds")
