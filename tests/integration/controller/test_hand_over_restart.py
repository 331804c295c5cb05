"""Shares that are handed over while the controller itself is killed."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from controller_process import held, inherit, process, started
from lease_ledger import lease_ids, read_ledger
from scripted_agent import ScriptedAgent, State

from loadcell.channel import dial
from loadcell.v1 import agent_pb2, run_pb2, run_pb2_grpc

PLANNED = 60


@dataclass(frozen=True)
class Left:
    """What a killed controller has left behind: a run with its lost lease, and the two of the second agent."""

    folder: Path
    run_id: str
    gone: str
    mine: str
    new: str
    grants: dict[str, agent_pb2.LeaseGrant]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def killed(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """A run of two agents: the second has been given the share of the first when the controller is killed.

    Killed once for all tests of this module, which go on with copies.
    """
    folder = tmp_path_factory.mktemp("killed")
    address = f"unix:{folder}/grpc.sock"
    async with process(folder, address) as (running, lines), dial(address) as channel:
        await started(running, lines)
        runs = run_pb2_grpc.RunServiceStub(channel)
        async with (
            ScriptedAgent.connected(address, "agent-1", complete=False) as lost,
            ScriptedAgent.connected(address, "agent-2", complete=False) as other,
        ):
            request = run_pb2.CreateRunRequest(
                server_url="http://127.0.0.1:9",
                model="m",
                num_prompts=PLANNED,
                concurrency=[4],
                agent_count=2,
                warmup=0,
            )
            run_id = (await runs.CreateRun(request)).run_id
            for agent in (lost, other):
                await agent.until(lambda agent=agent: agent.starts)
            (gone,), (mine,) = lost.starts, other.starts
            await lost.deliver(gone, count=8)
            await lost.until(lambda: lost.acks and lost.acks[-1].committed_batch_number == 2)
            await lost.close()
            await other.until(lambda: len(other.starts) == 2)
            (new,) = other.starts.keys() - {mine}
            running.send_signal(signal.SIGKILL)
            await running.wait()
            return Left(folder, run_id, gone, mine, new, other.grants)


@pytest.fixture
def left(killed: Left, tmp_path: Path) -> Left:
    """What it has left, in the database that the controllers of a test have."""
    inherit(killed.folder, tmp_path)
    return killed


@pytest.mark.parametrize("knows", [True, False])
async def test_nothing_is_handed_over_twice(start: Callable, left: Left, knows: bool) -> None:
    """The second agent has its new lease when it comes back, or has died with the controller and has none."""
    controller = await start()
    leases = [held(left.mine), *([held(left.new)] if knows else [])]
    agent = await controller.agent("agent-2", held=leases, complete=False, grants=dict(left.grants))
    await agent.finish(left.mine, await agent.deliver(left.mine))
    await agent.until(lambda: knows or agent.starts)
    new = left.new if knows else next(iter(agent.starts))
    await agent.finish(new, await agent.deliver(new))
    run = await controller.ended(left.run_id)
    assert (run.status, run.error) == ("completed", "")
    assert read_ledger(controller.database, left.run_id).balances(PLANNED)
    # Whether the second agent is found to have died depends on what was stored of its lease by then.
    assert len(lease_ids(controller.database, left.run_id)) in ((3,) if knows else (3, 4))


async def test_lease_that_was_only_given_up_is_handed_over_after_the_restart(
    start: Callable, left: Left, tmp_path: Path
) -> None:
    # As if the controller had been killed between noticing the loss and handing over.
    with closing(sqlite3.connect(tmp_path / "loadcell.db")) as database, database:
        database.execute("UPDATE leases SET end_ordinal = NULL WHERE lease_id = ?", (left.gone,))
        database.execute("DELETE FROM leases WHERE lease_id = ?", (left.new,))
        states = dict(database.execute("SELECT lease_id, state FROM leases").fetchall())
    assert states[left.gone] == State.LEASE_STATE_EXPIRED
    controller = await start()
    agent = await controller.agent("agent-2", held=[held(left.mine)], complete=False, grants=dict(left.grants))
    await agent.until(lambda: agent.starts)
    (again,) = agent.starts
    assert agent.grants[again].first_ordinal == left.grants[left.new].first_ordinal
    for lease in (left.mine, again):
        await agent.finish(lease, await agent.deliver(lease))
    assert (await controller.ended(left.run_id)).status == "completed"
    assert read_ledger(controller.database, left.run_id).balances(PLANNED)


async def test_agent_that_dies_while_no_controller_is_there_is_replaced(start: Callable, left: Left) -> None:
    controller = await start()
    agent = await controller.agent("agent-3")
    assert (await controller.ended(left.run_id)).status == "completed"
    assert len(agent.grants) == 2
    assert read_ledger(controller.database, left.run_id).balances(PLANNED)
