"""The controller as a process of its own: killed, restarted, refused."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

import pytest

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


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"unix:{tmp_path}/grpc.sock"


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


async def test_killed_controller_goes_on_with_the_run_after_its_restart(tmp_path, address):
    async with (
        killed_in_mid_level(tmp_path, address) as (run_id, lease, grants),
        process(tmp_path, address) as (running, lines),
        dial(address) as channel,
    ):
        await started(running, lines)
        async with ScriptedAgent.connected(address, "agent-1", held=[held(lease)]) as agent:
            agent.grants.update(grants)
            # Everything again, as an agent does that got no answer to some of it.
            await agent.finish(lease, await agent.deliver(lease))
            runs = run_pb2_grpc.RunServiceStub(channel)
            run = await ended(runs, run_id)
            assert (run.status, run.error) == ("completed", "")
            result = (await runs.GetRunResult(run_pb2.GetRunResultRequest(run_id=run_id))).result
            assert [level.total_requests for level in result.results] == [40, 40]


async def test_killed_controller_with_secrets_says_why_the_next_level_cannot_start(tmp_path, address):
    async with (
        killed_in_mid_level(tmp_path, address, api_key="sk-secret") as (run_id, lease, grants),
        process(tmp_path, address) as (running, lines),
        dial(address) as channel,
    ):
        await started(running, lines)
        async with ScriptedAgent.connected(address, "agent-1", held=[held(lease)]) as agent:
            agent.grants.update(grants)
            await agent.finish(lease, await agent.deliver(lease))
            runs = run_pb2_grpc.RunServiceStub(channel)
            run = await ended(runs, run_id)
            assert run.status == "failed"
            assert "without LOADCELL_SECRET_KEY they are kept in memory only" in run.error
            request = run_pb2.GetRunResultRequest(run_id=run_id, partial=True)
            assert (await runs.GetRunResult(request)).result.results[0].total_requests == 40
            assert not any("sk-secret" in line for line in lines)


async def test_run_whose_agent_died_too_is_not_running_for_ever(tmp_path, address):
    async with killed_in_mid_level(tmp_path, address) as (run_id, _, _):
        pass
    async with (
        process(tmp_path, address, LOADCELL_LEASE_SECONDS="0.5", LOADCELL_AGENT_WAIT_SECONDS="0.5") as (
            running,
            lines,
        ),
        dial(address) as channel,
    ):
        await started(running, lines)
        runs = run_pb2_grpc.RunServiceStub(channel)
        run = await ended(runs, run_id)
        assert run.status == "failed"
        assert "agent agent-1: lost" in run.error
        request = run_pb2.GetRunResultRequest(run_id=run_id, partial=True)
        assert (await runs.GetRunResult(request)).result.results[0].total_requests == 20


async def test_run_left_for_long_ends_without_new_load(tmp_path, address):
    async with killed_in_mid_level(tmp_path, address) as (run_id, lease, grants):
        pass
    with sqlite3.connect(tmp_path / "loadcell.db") as database:
        database.execute("UPDATE benchmark_runs SET owner_expires_at = owner_expires_at - 3600000000")
    database.close()
    async with process(tmp_path, address) as (running, lines), dial(address) as channel:
        await started(running, lines)
        async with ScriptedAgent.connected(address, "agent-1", held=[held(lease)]) as agent:
            agent.grants.update(grants)
            run = await ended(run_pb2_grpc.RunServiceStub(channel), run_id)
            assert run.error.startswith("no controller drove the run for 3,")
            assert not agent.starts


async def test_graceful_stop_leaves_runs_to_the_next_controller(tmp_path, address):
    async with process(tmp_path, address) as (running, lines), dial(address) as channel:
        await started(running, lines)
        async with ScriptedAgent.connected(address, "agent-1", complete=False) as agent:
            request = run_pb2.CreateRunRequest(server_url="http://127.0.0.1:9", model="m", num_prompts=8)
            run_id = (await run_pb2_grpc.RunServiceStub(channel).CreateRun(request)).run_id
            lease = f"{run_id}.0.0"
            await agent.until(lambda: lease in agent.starts)
            grants = agent.grants
            running.send_signal(signal.SIGTERM)
            assert await running.wait() == 0
    assert any("application_shutdown" in line for line in lines)
    async with process(tmp_path, address) as (running, lines), dial(address) as channel:
        await started(running, lines)
        async with ScriptedAgent.connected(address, "agent-1", held=[held(lease)]) as agent:
            agent.grants.update(grants)
            await agent.finish(lease, await agent.deliver(lease))
            assert (await ended(run_pb2_grpc.RunServiceStub(channel), run_id)).status == "completed"


async def test_controller_dies_with_its_parent(tmp_path, address):
    async with process(tmp_path, address, LOADCELL_EXIT_WITH_PARENT="true") as (running, lines):
        await started(running, lines)
        running.stdin.close()
        assert await running.wait() == 0


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LOADCELL_GRPC": "0.0.0.0:0"}, "set LOADCELL_API_KEY"),
        ({"LOADCELL_GRPC": "nonsense"}, "LOADCELL_GRPC='nonsense': must be host:port"),
        ({"LOADCELL_DATABASE_URL": "/dev/null/x/loadcell.db"}, "database /dev/null/x/loadcell.db: "),
        ({"LOADCELL_DATABASE_URL": "mysql://u:pw@h/d"}, "mysql is not supported"),
        ({"LOADCELL_DATABASE_URL": "postgresql://u:pw@127.0.0.1:1/d"}, "database postgresql://127.0.0.1:1/d: "),
        (
            {"LOADCELL_LEASE_SECONDS": "1", "LOADCELL_HEARTBEAT_SECONDS": "2"},
            "LOADCELL_LEASE_SECONDS=1 must be above",
        ),
        ({"LOADCELL_LEASE_SECONDS": "soon"}, "LOADCELL_LEASE_SECONDS='soon': must be a number"),
    ],
)
async def test_what_cannot_start_says_so_in_one_line(tmp_path, address, environment, expected):
    async with process(tmp_path, address, **environment) as (running, lines):
        assert await running.wait() == 2
        await asyncio.sleep(0)
    assert len(lines) == 1
    assert expected in lines[0]


async def test_taken_address_is_one_line(tmp_path, unused_tcp_port):
    address = f"127.0.0.1:{unused_tcp_port}"
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", unused_tcp_port)
    async with server, process(tmp_path, address) as (running, lines):
        assert await running.wait() == 2
    assert lines == [f"loadcell controller: LOADCELL_GRPC={address}: Address already in use\n"]


async def test_taken_socket_is_one_line(tmp_path, address):
    async with process(tmp_path, address) as (first, lines):
        await started(first, lines)
        async with process(tmp_path, address) as (second, errors):
            assert await second.wait() == 2
        assert errors == [f"loadcell controller: LOADCELL_GRPC={address}: Address already in use\n"]
