"""Which agent works for whom: beside other controllers, beside other runs, beside a database that hangs."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import contextmanager
from pathlib import Path

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from scripted_agent import State, batch, columns

from controller.creation import create_run
from controller.dispatch import upkeep
from controller.dispatch.dispatcher import Dispatcher
from controller.dispatch.sessions import Sessions
from controller.events.hub import Events
from controller.limits.quotas import Quotas
from controller.load_rules import LoadRules
from controller.plan import plan_run
from controller.scope import Scope
from controller.server import serve
from controller.settings import ControllerSettings
from controller.store.migrate import open_database
from loadcell.channel import dial
from loadcell.clock import wall_micros
from loadcell.settings import Address
from loadcell.target_guard.guard import TargetGuard
from loadcell.v1 import agent_pb2, run_pb2
from tests.patience import PATIENCE_SECONDS


def held(lease_id: str, state: int = State.LEASE_STATE_RUNNING) -> agent_pb2.LeaseUpdate:
    return agent_pb2.LeaseUpdate(lease_id=lease_id, state=state)


def change(path: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(path, timeout=15) as database:
        database.execute(statement, values)
    database.close()


@contextmanager
def locked(path: Path):
    """The database as another process holds it in the middle of a transaction."""
    database = sqlite3.connect(path, isolation_level=None, timeout=15)
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        database.execute("ROLLBACK")
        database.close()


async def several_replies(agent) -> None:
    """Wait until the controller has answered what the agent sends from now on."""
    seen = len(agent.replies)
    await agent.until(lambda: len(agent.replies) >= seen + 5)


@pytest.fixture
def often(monkeypatch):
    """Let controllers look often at what others have made of runs, since that is what a test waits for."""
    monkeypatch.setattr(upkeep, "TICK_SECONDS", 0.3)


@pytest.fixture
async def elsewhere(start, often):
    """A run in mid-level that a controller on another machine drives; the agent of its lease is connected here."""
    first = await start()
    agent = await first.agent(complete=False)
    run_id = await first.create(num_prompts=12)
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    grants = agent.grants
    await first.stack.aclose()
    change(
        first.database,
        "UPDATE benchmark_runs SET owner = 'another-machine:1:1', owner_expires_at = ?",
        2**60,
    )
    second = await start()
    agent = await second.agent(held=[held(lease)], complete=False)
    agent.grants = grants
    return second, agent, run_id, lease


def leave(controller) -> None:
    """The other controller dies."""
    change(controller.database, "UPDATE benchmark_runs SET owner_expires_at = ?", wall_micros() - 1_000_000)


async def test_lease_of_a_run_that_another_controller_drives_is_let_be(elsewhere):
    controller, agent, run_id, lease = elsewhere
    await agent.report(lease, State.LEASE_STATE_RUNNING)
    await several_replies(agent)
    assert not agent.cancels
    leave(controller)
    await agent.finish(lease, await agent.deliver(lease))
    run = await controller.ended(run_id)
    assert (run.status, run.error) == ("completed", "")
    assert (await controller.result(run_id)).results[0].total_requests == 12
    assert not agent.cancels


async def test_end_of_a_lease_is_not_confirmed_before_somebody_has_taken_it(elsewhere):
    controller, agent, run_id, lease = elsewhere
    await agent.finish(lease, await agent.deliver(lease))
    await several_replies(agent)
    assert agent.replies[-1].updates_pending
    leave(controller)
    assert (await controller.ended(run_id)).status == "completed"
    await agent.until(lambda: not agent.replies[-1].updates_pending)


async def test_lease_is_cancelled_once_its_run_has_ended_elsewhere(elsewhere):
    controller, agent, _, lease = elsewhere
    change(controller.database, "UPDATE leases SET state = ?", State.LEASE_STATE_EXPIRED)
    await agent.until(lambda: lease in agent.cancels)


async def test_batches_that_came_through_another_controller_count(start):
    first, second = await start(), await start()
    agent = await first.agent(complete=False)
    run_id = await first.create(num_prompts=2)
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    stream = second.agents.StreamSamples()
    await stream.write(batch("agent-1", lease, 1, columns([0, 1])))
    assert (await stream.read()).committed_batch_number == 1
    await stream.done_writing()
    await agent.finish(lease, last=1)
    assert (await first.ended(run_id)).status == "completed"
    assert (await first.result(run_id)).results[0].total_requests == 2


async def test_unknown_lease_is_cancelled(controller):
    agent = await controller.agent(held=[held("no-such-run.0.0")])
    await agent.until(lambda: "no-such-run.0.0" in agent.cancels)


async def test_run_let_go_is_looked_after_by_its_new_driver(controller, often):
    """Its agent is stopped by whoever it is connected to, once the run has ended elsewhere."""
    agent = await controller.agent(complete=False)
    run_id = await controller.create(num_prompts=12)
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    change(
        controller.database,
        "UPDATE benchmark_runs SET owner = 'another-machine:1:1', owner_expires_at = ?",
        2**60,
    )
    change(controller.database, "UPDATE leases SET state = ?", State.LEASE_STATE_EXPIRED)
    await agent.until(lambda: lease in agent.cancels)


async def test_locked_database_costs_no_agent_its_lease(controller):
    agent = await controller.agent(complete=False)
    run_id = await controller.create(num_prompts=12)
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    with locked(controller.database):
        await agent.finish(lease, await agent.deliver(lease))
        await asyncio.sleep(2.5)  # two and a half leases
        await several_replies(agent)
        assert agent.replies[-1].updates_pending
        assert not agent.acks
    run = await controller.ended(run_id)
    assert (run.status, run.error) == ("completed", "")
    await agent.until(lambda: not agent.replies[-1].updates_pending)


async def test_samples_are_a_sign_of_life(start):
    controller = await start(lease_seconds=3.0)
    agent = await controller.agent(complete=False, heartbeat_seconds=1000)
    run_id = await controller.create(num_prompts=100)
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    for number in range(1, 46):  # for one and a half leases
        await agent.send(lease, number, columns([number]))
        await asyncio.sleep(0.1)
    await agent.finish(lease, last=45)
    assert (await controller.ended(run_id)).status == "completed"


async def test_busy_agent_is_waited_for_however_long_it_takes(start):
    controller = await start(agent_wait_seconds=0.3)
    agent = await controller.agent(complete=False)
    first = await controller.create(concurrency=[1, 2])
    await agent.until(lambda: f"{first}.0.0" in agent.starts)
    second = await controller.create()
    updates = controller.runs.WatchRun(run_pb2.WatchRunRequest(run_id=second))
    async for update in updates:
        if update.notes:
            assert list(update.notes) == [f"waiting for 1 of 1 agents; agent-1 busy with run {first}"]
            break
    updates.cancel()
    await asyncio.sleep(1.0)
    assert (await controller.run(second)).state == run_pb2.RUN_STATE_PENDING
    for lease in (f"{first}.0.0", f"{first}.1.0"):
        await agent.until(lambda lease=lease: lease in agent.starts)
        assert f"{second}.0.0" not in agent.grants  # not between two levels either
        await agent.finish(lease, await agent.deliver(lease))
    lease = f"{second}.0.0"
    await agent.until(lambda: lease in agent.starts)
    await agent.finish(lease, await agent.deliver(lease))
    assert (await controller.ended(second)).status == "completed"
    assert (await controller.ended(first)).status == "completed"


async def test_run_takes_the_agents_that_are_free(controller):
    busy = await controller.agent("agent-1", complete=False)
    first = await controller.create()
    await busy.until(lambda: busy.starts)
    await controller.agent("agent-2")
    second = await controller.create()
    run = await controller.ended(second)
    assert (run.status, list(run.agent_ids)) == ("completed", ["agent-2"])
    await busy.finish(f"{first}.0.0", await busy.deliver(f"{first}.0.0"))
    await controller.ended(first)


RULES = LoadRules(TargetGuard(), acknowledge_rate=0, acknowledge_concurrency=0)


async def test_caller_who_goes_away_leaves_a_run_that_is_driven(tmp_path):
    database = await open_database(tmp_path / "x.db")
    dispatcher = Dispatcher(
        database,
        Sessions(1.0),
        Events(database),
        agent_wait_seconds=60,
        resume_seconds=300,
        forget_seconds=86_400,
    )
    await dispatcher.start()
    background = len(dispatcher._tasks)
    request = run_pb2.CreateRunRequest(server_url="http://127.0.0.1:9", model="m", api_key="sk-secret")
    with locked(tmp_path / "x.db"):
        creation = create_run(
            request,
            plan_run(request),
            database,
            dispatcher,
            scope=Scope.everything(),
            quotas=Quotas(),
            rules=RULES,
        )
        call = asyncio.create_task(creation)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(dispatcher._tasks) == background:
                await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (runs := list(dispatcher.runs)):
            await asyncio.sleep(0.01)
    assert runs[0].task is not None
    assert runs[0].secrets.api_key == "sk-secret"
    await dispatcher.stop()
    await database.close()


async def test_result_of_late_batches_is_stored_by_a_controller_that_stops(start):
    first = await start(agent_wait_seconds=0.5)
    agent = await first.agent(complete=False)
    run_id = await first.create(num_prompts=12)
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    grants = agent.grants
    await agent.close()
    await first.ended(run_id)
    again = await first.agent(held=[held(lease)], complete=False)
    again.grants = grants
    last = await again.deliver(lease)
    await again.until(lambda: again.acks and again.acks[-1].committed_batch_number == last)
    await first.stack.aclose()
    second = await start()
    assert (await second.result(run_id, partial=True)).results[0].total_requests == 12


async def test_health_says_that_the_controller_is_stopping(tmp_path):
    settings = ControllerSettings(grpc=Address("127.0.0.1", 0), database=tmp_path / "x.db")
    stop = asyncio.Event()
    bound: asyncio.Future[Address] = asyncio.get_running_loop().create_future()

    async def run() -> None:
        async with serve(settings) as controller:
            bound.set_result(controller.address)
            await stop.wait()

    serving = asyncio.create_task(run())
    async with dial(str(await bound)) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
        stop.set()
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        await serving
