"""The controller as a process of its own: killed, restarted, refused."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from controller_process import held, inherit, killed_in_mid_level, process, started
from scripted_agent import ScriptedAgent

from controller.server import serve
from controller.settings import ControllerSettings
from controller.store.migrate import StoreError
from loadcell.channel import dial
from loadcell.settings import Address, SettingsError, load
from loadcell.v1 import agent_pb2, run_pb2, run_pb2_grpc


@dataclass(frozen=True)
class Left:
    """What a controller has left that was killed in the middle of a run's first level."""

    folder: Path
    run_id: str
    lease: str
    grants: dict[str, agent_pb2.LeaseGrant]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """Killed once for all tests of this module, which go on with copies."""
    folder = tmp_path_factory.mktemp("killed")
    async with killed_in_mid_level(folder, f"unix:{folder}/grpc.sock") as (run_id, lease, grants):
        return Left(folder, run_id, lease, grants)


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"unix:{tmp_path}/grpc.sock"


async def test_killed_controller_goes_on_with_the_run_after_its_restart(start, tmp_path, left):
    inherit(left.folder, tmp_path)
    controller = await start(lease_seconds=3.0)
    agent = await controller.agent(held=[held(left.lease)], grants=dict(left.grants))
    # Everything again, as an agent does that got no answer to some of it.
    await agent.finish(left.lease, await agent.deliver(left.lease))
    run = await controller.ended(left.run_id)
    assert (run.status, run.error) == ("completed", "")
    assert [level.total_requests for level in (await controller.result(left.run_id)).results] == [40, 40]


async def test_run_whose_agent_died_too_is_not_running_for_ever(start, tmp_path, left):
    inherit(left.folder, tmp_path)
    controller = await start(lease_seconds=0.5, agent_wait_seconds=0.5)
    run = await controller.ended(left.run_id)
    assert run.status == "failed"
    assert "agent agent-1: lost" in run.error
    assert (await controller.result(left.run_id, partial=True)).results[0].total_requests == 20


async def test_run_left_for_long_ends_without_new_load(start, tmp_path, left):
    inherit(left.folder, tmp_path)
    with closing(sqlite3.connect(tmp_path / "loadcell.db")) as database, database:
        database.execute("UPDATE benchmark_runs SET owner_expires_at = owner_expires_at - 3600000000")
    controller = await start(lease_seconds=3.0)
    agent = await controller.agent(held=[held(left.lease)], grants=dict(left.grants))
    run = await controller.ended(left.run_id)
    assert run.error.startswith("no controller drove the run for 3,")
    assert not agent.starts


async def test_graceful_stop_leaves_runs_to_the_next_controller(start, tmp_path, address):
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
    controller = await start(lease_seconds=3.0)
    agent = await controller.agent(held=[held(lease)], grants=grants)
    await agent.finish(lease, await agent.deliver(lease))
    assert (await controller.ended(run_id)).status == "completed"


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
        (
            {"LOADCELL_LEASE_SECONDS": "1", "LOADCELL_HEARTBEAT_SECONDS": "2"},
            "LOADCELL_LEASE_SECONDS=1 must be above",
        ),
        ({"LOADCELL_LEASE_SECONDS": "soon"}, "LOADCELL_LEASE_SECONDS='soon': must be a number"),
    ],
)
async def test_what_cannot_start_is_told_in_one_line(tmp_path, address, environment, expected):
    usual = {"LOADCELL_GRPC": address, "LOADCELL_DATABASE_URL": str(tmp_path / "loadcell.db")}
    with pytest.raises((SettingsError, StoreError)) as refused:
        async with serve(load(ControllerSettings, {**usual, **environment})):
            pass
    assert expected in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("environment", "status", "expected"),
    [
        ({"LOADCELL_LEASE_SECONDS": "soon"}, 2, "LOADCELL_LEASE_SECONDS='soon': must be a number"),
        # Who starts it again does so in vain after 2; a server that is away may come back.
        ({"LOADCELL_DATABASE_URL": "postgresql://u:pw@127.0.0.1:1/d"}, 1, "database postgresql://127.0.0.1:1/d: "),
    ],
)
async def test_process_that_cannot_start_says_nothing_but_that_line(
    tmp_path, address, environment, status, expected
):
    async with process(tmp_path, address, **environment) as (running, lines):
        assert await running.wait() == status
    assert len(lines) == 1
    assert lines[0].startswith(f"controller: {expected}")


async def test_taken_address_is_one_line(tmp_path, unused_tcp_port):
    address = f"127.0.0.1:{unused_tcp_port}"
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", unused_tcp_port)
    async with server, process(tmp_path, address) as (running, lines):
        assert await running.wait() == 1
    (line,) = lines
    assert line.startswith(
        f"controller: LOADCELL_GRPC={address}: cannot listen: Address already in use; set LOADCELL_GRPC"
    )


async def test_taken_socket_is_told(start, tmp_path):
    address = Address("", 0, unix_path=str(tmp_path / "grpc.sock"))
    await start(grpc=address)
    with pytest.raises(SettingsError, match=f"LOADCELL_GRPC={address}: cannot listen: Address already in use"):
        await start(grpc=address)
