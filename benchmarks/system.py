"""The whole system in its own processes: one controller on SQLite, one agent with one worker."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import psutil

from benchmarks.nullserver import CannotMeasureError, free_port
from loadcell.channel import dial
from loadcell.v1 import fleet_pb2, fleet_pb2_grpc, result_pb2, run_pb2, run_pb2_grpc

ENDED = {run_pb2.RUN_STATE_COMPLETED, run_pb2.RUN_STATE_FAILED, run_pb2.RUN_STATE_CANCELLED}


@dataclass
class System:
    """A running system."""

    channel: grpc.aio.Channel
    agent: psutil.Process

    async def run(
        self,
        request: run_pb2.CreateRunRequest,
        *,
        on_update: Callable[[run_pb2.WatchRunResponse], None] | None = None,
    ) -> result_pb2.RunResult:
        """Carry out a run to its end and return its result document."""
        runs = run_pb2_grpc.RunServiceStub(self.channel)
        created = await runs.CreateRun(request)
        async for update in runs.WatchRun(run_pb2.WatchRunRequest(run_id=created.run_id)):
            if on_update is not None:
                on_update(update)
        answer = await runs.GetRunResult(run_pb2.GetRunResultRequest(run_id=created.run_id, partial=True))
        if answer.result.status != "completed":
            raise CannotMeasureError(f"the run ended {answer.result.status}: {answer.result.error}")
        result: result_pb2.RunResult = answer.result
        return result

    async def stored_rows(self, run_id: str) -> int:
        """Count the measured requests the database gives back for a run."""
        runs = run_pb2_grpc.RunServiceStub(self.channel)
        asked = run_pb2.ExportRunResultRequest(run_id=run_id, format="jsonl")
        return sum([piece.data.count(b"\n") async for piece in runs.ExportRunResult(asked)])

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
            async with dial(f"127.0.0.1:{port}") as channel:
                await _ready(channel, processes, folder)
                yield System(channel, psutil.Process(agent.pid))
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


async def _ready(
    channel: grpc.aio.Channel, processes: dict[str, asyncio.subprocess.Process], folder: Path
) -> None:
    fleet = fleet_pb2_grpc.FleetServiceStub(channel)
    for _ in range(300):
        for service, process in processes.items():
            if process.returncode is not None:
                said = (folder / f"{service}.log").read_text(encoding="utf-8").strip()
                raise CannotMeasureError(f"the {service} ended with {process.returncode}: {said[-500:]}")
        try:
            answer = await fleet.ListAgents(fleet_pb2.ListAgentsRequest(), timeout=1)
        except grpc.aio.AioRpcError:
            answer = fleet_pb2.ListAgentsResponse()
        if any(agent.state == fleet_pb2.AGENT_STATE_READY for agent in answer.agents):
            return
        await asyncio.sleep(0.1)
    raise CannotMeasureError("no agent became ready within 30 seconds")
