"""Who is slow holds up nobody else: a watcher that never reads, and a database that does not answer."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import contextmanager

import grpc
import pytest

from loadcell.v1 import run_pb2, run_pb2_grpc
from tests.integration.controller.scripted_agent import columns
from tests.patience import PATIENCE_SECONDS

BATCHES = 150


@pytest.fixture
async def working(controller):
    agent = await controller.agent(complete=False)
    run_id = await controller.create(num_prompts=100_000, concurrency=[1])
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    return controller, agent, run_id, lease


async def test_watchers_that_never_read_hold_up_nobody_and_get_the_latest_state(working):
    controller, agent, run_id, lease = working
    options = [("grpc.use_local_subchannel_pool", 1)]  # a connection of its own, as other processes have
    async with grpc.aio.insecure_channel(controller.address, options=options) as channel:
        stub = run_pb2_grpc.RunServiceStub(channel)
        watchers = [stub.WatchRun(run_pb2.WatchRunRequest(run_id=run_id)) for _ in range(20)]
        for watcher in watchers:
            await watcher.read()
        for number in range(1, BATCHES + 1):
            await agent.send(lease, number, columns(list(range(10 * number, 10 * number + 10))))
        await agent.until(lambda: agent.acks and agent.acks[-1].committed_batch_number == BATCHES)
        assert not any(ack.refused_reason for ack in agent.acks)
        await agent.finish(lease, BATCHES)
        await controller.ended(run_id)
        # Nothing is queued for them beyond what gRPC holds: an update is made when the one before has left.
        async with asyncio.timeout(PATIENCE_SECONDS):
            for watcher in watchers:
                updates = []
                while (update := await watcher.read()) is not grpc.aio.EOF:
                    updates.append(update)
                assert len(updates) < BATCHES
                assert updates[-1].run.state == run_pb2.RUN_STATE_COMPLETED
                revisions = [update.revision for update in updates]
                assert revisions == sorted(set(revisions))


@contextmanager
def locked(database):
    """Hold the lock of the database's one writer."""
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def test_a_database_that_does_not_answer_slows_the_uplink_only(working):
    controller, agent, run_id, lease = working
    with locked(controller.database):
        for number in range(1, 6):
            await agent.send(lease, number, columns([number]))
        beats = len(agent.replies)
        # Far longer than a lease lasts, and yet nothing is lost: heartbeats do not wait for the database.
        await agent.until(lambda: len(agent.replies) > beats + 25)
        assert not agent.acks
        assert agent.ended is None
        assert (await controller.run(run_id)).state == run_pb2.RUN_STATE_RUNNING
    await agent.until(lambda: agent.acks and agent.acks[-1].committed_batch_number == 5)
    assert lease not in agent.cancels
    await agent.finish(lease, 5)
    await controller.ended(run_id)


async def test_batches_that_wait_for_the_database_are_bounded(working):
    controller, agent, _, lease = working
    sent = 0

    async def flood() -> None:
        nonlocal sent
        filler = columns(list(range(5_000)))
        for number in range(1, 10_000):
            await agent.send(lease, number, filler)
            sent = number

    with locked(controller.database):
        flooding = asyncio.create_task(flood())
        seen = -1
        async with asyncio.timeout(PATIENCE_SECONDS):
            while seen != sent:  # the sender is held back once what may wait is full
                seen = sent
                await asyncio.sleep(1.0)
        assert not agent.acks
        assert 0 < sent < 2_000
        flooding.cancel()
        await asyncio.gather(flooding, return_exceptions=True)
