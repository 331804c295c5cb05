from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import psycopg
import pytest

from loadcell.channel import dial
from loadcell.mockserver import Behavior, serve
from loadcell.v1 import run_pb2, run_pb2_grpc
from tests.free_ports import free_address
from tests.integration.controller.conftest import start
from tests.patience import PATIENCE_SECONDS

__all__ = ["start"]

LEASE_SECONDS = 20.0  # nobody waits for its end, and no machine is so busy that an agent is lost


class Process:
    """A service in a process of its own, with what it said."""

    def __init__(self, running: asyncio.subprocess.Process) -> None:
        self.running = running
        self.lines: list[str] = []
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while line := await self.running.stderr.readline():
            self.lines.append(line.decode())

    async def said(self, text: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not any(text in line for line in self.lines):
                assert self.running.returncode is None, self.lines
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        if self.running.returncode is None:
            self.running.send_signal(signal.SIGKILL)
        await self.running.wait()
        await self._reader
        self.running.stdin.close()


class Fleet:
    """Controllers on one PostgreSQL database, and agents."""

    def __init__(self, folder: Path, url: str, stack: AsyncExitStack, target: str) -> None:
        self.url = url
        self.target = target
        self._folder = folder
        self._stack = stack

    async def controller(self, **settings: str) -> tuple[Process, str]:
        address = free_address()
        started = await self._start(
            "controller", LOADCELL_GRPC=address, LOADCELL_DATABASE_URL=self.url, **settings
        )
        await started.said("application_started")
        return started, address

    async def agent(self, controllers: str, agent_id: str = "agent-1") -> Process:
        started = await self._start(
            "agent",
            LOADCELL_CONTROLLER=controllers,
            LOADCELL_AGENT_ID=agent_id,
            LOADCELL_WORKERS="1",
            LOADCELL_DATA_DIR=str(self._folder / agent_id),
        )
        await started.said("agent_registered")
        return started

    async def runs(self, address: str) -> run_pb2_grpc.RunServiceStub:
        return run_pb2_grpc.RunServiceStub(await self._stack.enter_async_context(dial(address)))

    async def create(self, runs: run_pb2_grpc.RunServiceStub, **fields: object) -> str:
        spec = {"server_url": self.target, "num_prompts": 30, "output_len": 4, "warmup": 0, **fields}
        return (await runs.CreateRun(run_pb2.CreateRunRequest(**spec), wait_for_ready=True)).run_id

    async def until(self, runs: run_pb2_grpc.RunServiceStub, run_id: str, reached: Callable) -> run_pb2.Run:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                run = (await runs.GetRun(run_pb2.GetRunRequest(run_id=run_id), wait_for_ready=True)).run
                if reached(run):
                    return run
                await asyncio.sleep(0.05)

    async def result(self, runs: run_pb2_grpc.RunServiceStub, run_id: str):
        run = await self.until(runs, run_id, lambda run: run.completed_at.seconds)
        assert (run.status, run.error) == ("completed", "")
        return (await runs.GetRunResult(run_pb2.GetRunResultRequest(run_id=run_id))).result

    def ask(self, question: str) -> list[tuple]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(question).fetchall()

    async def stored(self, count: int) -> None:
        """Wait until some requests are stored."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await asyncio.to_thread(self.ask, "SELECT count(*) FROM traces"))[0][0] < count:
                await asyncio.sleep(0.05)

    def check_books(self, requests: int) -> None:
        """Every request is there once: a gap, or a batch that was stored twice, would show."""
        ordinals = sorted(row[0] for row in self.ask("SELECT ordinal FROM traces WHERE warmup = 0"))
        assert ordinals == list(range(requests))
        assert self.ask("SELECT sum(row_count) FROM batches")[0][0] == requests
        for committed, batches in self.ask(
            "SELECT committed_batch_number, (SELECT count(*) FROM batches b WHERE b.lease_key = l.lease_key)"
            " FROM leases l"
        ):
            assert committed == batches

    async def _start(self, module: str, **environment: str) -> Process:
        env = {
            **{key: value for key, value in os.environ.items() if not key.startswith("LOADCELL_")},
            "LOADCELL_LEASE_SECONDS": str(LEASE_SECONDS),
            "LOADCELL_HEARTBEAT_SECONDS": "0.2",
            **environment,
        }
        pipe = asyncio.subprocess.PIPE
        started = Process(
            await asyncio.create_subprocess_exec(sys.executable, "-m", module, env=env, stderr=pipe, stdin=pipe)
        )
        self._stack.push_async_callback(started.kill)
        return started


@pytest.fixture
async def make_fleet(tmp_path: Path) -> AsyncIterator[Callable]:
    async with AsyncExitStack() as stack:

        async def make(url: str) -> Fleet:
            target = await stack.enter_async_context(serve(Behavior()))
            return Fleet(tmp_path, url, stack, target.url)

        yield make


@pytest.fixture
async def fleet(make_fleet: Callable, postgresql_url: str) -> Fleet:
    return await make_fleet(postgresql_url)
