"""The controller as a process of its own, which can be killed, and what one leaves behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

from loadcell.channel import dial
from loadcell.v1 import agent_pb2, run_pb2, run_pb2_grpc
from tests.integration.controller.scripted_agent import ScriptedAgent, State
from tests.patience import PATIENCE_SECONDS

START = "application_started"


@asynccontextmanager
async def process(folder: Path, address: str, **environment: str):
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("LOADCELL_")},
        "LOADCELL_GRPC": address,
        "LOADCELL_DATABASE_URL": str(folder / "loadcell.db"),
        "LOADCELL_LEASE_SECONDS": "3",
        "LOADCELL_HEARTBEAT_SECONDS": "0.1",
        **environment,
    }
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "controller", env=env, stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.PIPE
    )
    lines: list[str] = []

    async def read() -> None:
        while line := await running.stderr.readline():
            lines.append(line.decode())

    reader = asyncio.create_task(read())
    try:
        yield running, lines
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()
        await reader
        running.stdin.close()


async def started(running, lines: list[str]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not any(START in line for line in lines):
            assert running.returncode is None, lines
            await asyncio.sleep(0.02)


async def ended(runs: run_pb2_grpc.RunServiceStub, run_id: str) -> run_pb2.Run:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            run = (await runs.GetRun(run_pb2.GetRunRequest(run_id=run_id))).run
            if run.completed_at.seconds:
                return run
            await asyncio.sleep(0.05)


def held(lease_id: str, state: int = State.LEASE_STATE_RUNNING) -> agent_pb2.LeaseUpdate:
    return agent_pb2.LeaseUpdate(lease_id=lease_id, state=state)


def inherit(folder: Path, heir: Path) -> None:
    """Copy what a controller has left in its database to another folder, for one that goes on there."""
    for file in folder.glob("loadcell.db*"):
        shutil.copy(file, heir)


@asynccontextmanager
async def killed_in_mid_level(
    folder: Path, address: str, environment: Mapping[str, str] = MappingProxyType({}), **fields: object
):
    """A run with two levels whose controller is killed while the first is going on, 20 of 40 requests stored."""
    async with process(folder, address, **environment) as (running, lines), dial(address) as channel:
        await started(running, lines)
        runs = run_pb2_grpc.RunServiceStub(channel)
        async with ScriptedAgent.connected(address, "agent-1", complete=False) as agent:
            request = run_pb2.CreateRunRequest(
                server_url="http://127.0.0.1:9", model="m", num_prompts=40, concurrency=[1, 2], **fields
            )
            run_id = (await runs.CreateRun(request)).run_id
            lease = f"{run_id}.0.0"
            await agent.until(lambda: lease in agent.starts)
            await agent.deliver(lease, count=20)
            await agent.until(lambda: agent.acks and agent.acks[-1].committed_batch_number == 5)
            running.send_signal(signal.SIGKILL)
            await running.wait()
            yield run_id, lease, agent.grants
