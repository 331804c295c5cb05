"""Agents that come back to another controller than their run's, and drivers that have lost their run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import psycopg
import pytest
import structlog

from controller.dispatch import dispatcher, upkeep
from controller.dispatch.draining import Draining
from controller.store.place import parse_place
from loadcell.v1 import agent_pb2, run_pb2
from tests.integration.controller.scripted_agent import State
from tests.patience import PATIENCE_SECONDS

CLOSED = {"concurrency": [4], "num_prompts": 60, "agent_count": 2}


def held(lease_id: str) -> agent_pb2.LeaseUpdate:
    return agent_pb2.LeaseUpdate(lease_id=lease_id, state=State.LEASE_STATE_RUNNING)


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not reached():
            await asyncio.sleep(0.02)


def ask(url: str, question: str, *values: object) -> list[tuple]:
    with psycopg.connect(url) as connection:
        cursor = connection.execute(question, values)
        return cursor.fetchall() if cursor.description else []


class TestAnAgentThatMovesOn:
    """Of two agents that work on a run, one comes back to the controller that does not drive it."""

    @pytest.fixture(autouse=True)
    async def _moved(self, start, postgresql_url) -> None:
        settings = {"database": parse_place(postgresql_url), "lease_seconds": 2.0}
        self.here, self.there = await start(**settings), await start(**settings)
        stays, goes = [await self.here.agent(name, complete=False) for name in ("agent-1", "agent-2")]
        self.run_id = await self.here.create(**CLOSED)
        for agent in (stays, goes):
            await agent.until(lambda agent=agent: agent.starts)
        self.stays, (self.lease,) = stays, goes.starts
        assert goes.grants[self.lease].fence_micros == 2_000_000
        await goes.close()
        self.moved = await self.there.agent(
            "agent-2", complete=False, held=[held(self.lease)], starts=dict(goes.starts), grants=dict(goes.grants)
        )

    async def test_is_told_whose_answers_speak_for_its_lease(self):
        await self.moved.until(lambda: len(self.moved.replies) > 2)
        assert all(list(reply.driven_elsewhere) == [self.lease] for reply in self.moved.replies)
        assert not any(reply.driven_elsewhere for reply in self.stays.replies)

    async def test_gets_no_other_work_until_its_share_is_over(self):
        other = await self.there.create(num_prompts=8)
        busy = f"agent-2 busy with run {self.run_id}"
        await until(lambda: busy in self.there.dispatcher.runs.get(other).waiting_for)
        assert not self.moved.probes
        # Its share is given to the other agent of the run, and it is told to stop.
        await self.moved.until(lambda: self.lease in self.moved.cancels)
        await self.moved.until(lambda: self.moved.starts.keys() - {self.lease})
        (given,) = self.moved.starts.keys() - {self.lease}
        await self.moved.finish(given, await self.moved.deliver(given))
        assert (await self.there.ended(other)).status == "completed"


async def test_who_has_lost_a_run_writes_nothing_of_it_any_more(start, monkeypatch, postgresql_url):
    monkeypatch.setattr(upkeep, "TICK_SECONDS", 3_600.0)  # it does not learn of it by itself
    here = await start(database=parse_place(postgresql_url), lease_seconds=30.0)
    agent = await here.agent(complete=False)
    run_id = await here.create(num_prompts=12)
    await agent.until(lambda: agent.starts)
    (lease,) = agent.starts
    ask(postgresql_url, "UPDATE benchmark_runs SET owner = 'h:0:1:2:3', owner_expires_at = 9e15")
    left = here.dispatcher.runs.get(run_id)
    last = await agent.deliver(lease)
    await agent.finish(lease, last)
    await until(lambda: left.abandoned)
    assert ask(postgresql_url, "SELECT owner, state, result FROM benchmark_runs") == [
        ("h:0:1:2:3", run_pb2.RUN_STATE_RUNNING, None)
    ]
    ((finished, state),) = ask(
        postgresql_url, "SELECT finished, state FROM run_levels JOIN leases USING (run_key)"
    )
    assert (finished, state != State.LEASE_STATE_COMPLETED) == (False, True)
    # What it was told and could not store is not forgotten by the agent.
    await agent.until(
        lambda: agent.replies[-1].updates_pending and list(agent.replies[-1].driven_elsewhere) == [lease]
    )
    # When it gets the run back, it goes on with what it knew.
    ask(postgresql_url, "UPDATE benchmark_runs SET owner = NULL")
    here.dispatcher.runs.elsewhere.publish()
    assert (await here.ended(run_id)).status == "completed"
    assert (await here.result(run_id)).results[0].total_requests == 12


async def test_takeover_that_fails_halfway_leaves_the_run_to_the_next(start, postgresql_url):
    """What is stored of the run cannot be read for a while: it is nobody's meanwhile, and others go on."""
    database = parse_place(postgresql_url)
    first = await start(database=database)
    broken, sound = [await first.create(num_prompts=8) for _ in range(2)]
    await first.stack.aclose()
    (plan,) = ask(
        postgresql_url,
        "SELECT plan FROM run_levels JOIN benchmark_runs USING (run_key) WHERE run_id = %s",
        broken,
    )[0]
    change = (
        "UPDATE run_levels SET plan = %s WHERE run_key = (SELECT run_key FROM benchmark_runs WHERE run_id = %s)"
    )
    ask(postgresql_url, change, b"\xff", broken)
    with structlog.testing.capture_logs() as lines:  # written out, the errors would take a test's time
        second = await start(database=database)
        assert [run.record.run_id for run in second.dispatcher.runs] == [sound]
        await second.agent()
        assert (await second.ended(sound)).status == "completed"
        assert ask(postgresql_url, "SELECT owner FROM benchmark_runs WHERE run_id = %s", broken) == [(None,)]
        ask(postgresql_url, change, plan, broken)
        assert (await second.ended(broken)).status == "completed"
    assert {line["run_id"] for line in lines if line["event"] == "run_not_taken_over"} == {broken}


async def test_late_batches_reach_the_result_although_their_controller_is_gone(start, monkeypatch, postgresql_url):
    """The other one finds them, and a step of its upkeep that always fails keeps it from nothing."""
    monkeypatch.setattr(dispatcher, "REBUILD_SECONDS", 3_600.0)  # it dies before it has done so
    database = parse_place(postgresql_url)
    first = await start(database=database, agent_wait_seconds=0.5)
    agent = await first.agent(complete=False)
    run_id = await first.create(num_prompts=12)
    await agent.until(lambda: agent.starts)
    (lease,) = agent.starts
    await agent.close()
    await first.ended(run_id)
    again = await first.agent(held=[held(lease)], complete=False, grants=dict(agent.grants))
    last = await again.deliver(lease)
    await again.until(lambda: again.acks and again.acks[-1].committed_batch_number == last)
    owner = "SELECT owner FROM benchmark_runs"
    assert ask(postgresql_url, owner) == [(first.dispatcher.owner,)]
    ask(postgresql_url, "UPDATE benchmark_runs SET owner_expires_at = 0")
    monkeypatch.setattr(dispatcher, "REBUILD_SECONDS", 0.0)

    async def fail(_: Draining) -> None:
        raise RuntimeError("draining")

    monkeypatch.setattr(Draining, "follow", fail)
    with structlog.testing.capture_logs() as lines:
        second = await start(database=database)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await second.result(run_id, partial=True)).results[0].total_requests != 12:
                await asyncio.sleep(0.05)
        await until(lambda: ask(postgresql_url, owner) == [(None,)])
    assert {line["step"] for line in lines if line["event"] == "upkeep_failed"} == {"draining"}
