"""Worker processes that die: their lease goes on, and what fell to them can be taken over."""

import asyncio
import signal

from fake_controller import grant

from loadcell.clock import wall_micros
from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.server import serve
from loadcell.pacing.shares import worker_share
from loadcell.v1 import agent_pb2
from tests.patience import PATIENCE_SECONDS

OK = 1


def kill(worker):
    worker.send_signal(signal.SIGKILL)


async def loss_of(controller, lease_id):
    """Wait until a lost worker is told; return its loss."""

    def told():
        return [u for u in controller.updates if u.lease_id == lease_id and u.lost_workers]

    await controller.until(told)
    return told()[0].lost_workers[0]


def share(of, worker, workers, total, **level):
    """The ordinals of a worker, which are those of share (index + count x worker, count x workers) as well."""
    index, count = of
    level = {"concurrency": 0, "max_concurrency": 0, **level}
    one = worker_share(**level, share=index + count * worker, shares=count * workers, worker=0, workers=1)
    return set(one.ordinals(total))


async def test_open_lease_goes_on_without_a_killed_worker_and_its_rest_is_taken_over(controller, start_agent):
    total, level = 400, {"rate": 200, "arrival": 1, "request_count": 400}
    async with serve(Behavior()) as server, start_agent(workers=2) as agent:
        load = grant(server.url, **level)
        await controller.begin(load)
        await controller.until(lambda: len(controller.batches) >= 4)
        victim = agent.workers()[0]
        kill(victim)
        loss = await loss_of(controller, "lease")
        assert (loss.worker, loss.worker_count) in {(0, 2), (1, 2)}
        assert f"(pid {victim.pid}) was killed by signal 9" in loss.error
        assert 0 < loss.next_ordinal < total
        # The share of the lost worker goes on in another lease of the same level on the same agent.
        running = await controller.state_seen("lease", "RUNNING")
        heir = grant(server.url, "heir", shares=(loss.worker, 2), **level)
        heir.first_ordinal = loss.next_ordinal
        await controller.send(lease_grant=heir)
        await controller.state("heir", "READY")
        await controller.send(lease_start=agent_pb2.LeaseStart(lease_id="heir", start_micros=running.start_micros))
        measured, _ = await controller.rows("lease")
        rest, _ = await controller.rows("heir")
        update = await controller.state("lease", "COMPLETED")
    mine = share((0, 1), loss.worker, 2, total)
    seen = {row.ordinal for row in measured}
    assert len(seen) == len(measured)
    # The other worker has done all of its own; of the lost one's all that was told before has arrived.
    assert seen - mine == set(range(total)) - mine
    assert {row.ordinal for row in rest} == {ordinal for ordinal in mine if ordinal >= loss.next_ordinal}
    assert all(row.scheduled_offset_micros == row.ordinal * 5000 for row in measured + rest)
    assert loss.offset_micros > 0
    assert list(update.lost_workers) == [loss]
    assert any("was killed by signal 9" in note for note in update.notes)


async def test_closed_lease_goes_on_without_a_killed_worker(controller, start_agent):
    async with serve(Behavior(ttft_ms=5)) as server, start_agent(workers=2) as agent:
        await controller.begin(grant(server.url, concurrency=4, request_count=1200))
        await controller.until(lambda: controller.batches)
        kill(agent.workers()[1])
        measured, _ = await controller.rows("lease")
        (loss,) = (await controller.state("lease", "COMPLETED")).lost_workers
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(agent.workers()) < 2:
                await asyncio.sleep(0.05)
        await controller.begin(grant(server.url, "next", concurrency=4, request_count=100))
        after, _ = await controller.rows("next")
    mine = share((0, 1), loss.worker, 2, 1200, concurrency=4)
    seen = {row.ordinal for row in measured}
    assert seen - mine == set(range(1200)) - mine
    assert len(seen) == len(measured)
    assert len(after) == 100


async def test_losses_are_told_again_after_a_reconnect(controller, start_agent):
    async with serve(Behavior(ttft_ms=5)) as server, start_agent(workers=2) as agent:
        await controller.begin(grant(server.url, concurrency=4, request_count=1_000_000))
        await controller.until(lambda: controller.batches)
        kill(agent.workers()[0])
        loss = await loss_of(controller, "lease")
        await controller.stop()
        controller.registers.clear()
        await controller.start()
        await controller.until(lambda: controller.registers)
        (lease,) = controller.registers[-1].leases
        assert lease.state == agent_pb2.LEASE_STATE_RUNNING
        assert list(lease.lost_workers) == [loss]
        await controller.send(lease_cancel=agent_pb2.LeaseCancel(lease_id="lease", reason="test"))
        update = await controller.state("lease", "CANCELLED")
    assert list(update.lost_workers) == [loss]


async def test_lease_of_which_all_workers_have_died_is_completed_with_all_of_them_lost(controller, start_agent):
    async with serve(Behavior(ttft_ms=5)) as server, start_agent(workers=2) as agent:
        await controller.begin(grant(server.url, concurrency=4, request_count=1_000_000))
        await controller.until(lambda: len({number for _, number in controller.batches}) >= 4)
        for worker in agent.workers():
            kill(worker)
        measured, _ = await controller.rows("lease")
        update = await controller.state("lease", "COMPLETED")
        assert sorted(loss.worker for loss in update.lost_workers) == [0, 1]
        assert update.end_offset_micros == max(loss.offset_micros for loss in update.lost_workers) > 0
        # No sample has an ordinal of which the agent does not know that it was started.
        assert max(row.ordinal for row in measured) < max(loss.next_ordinal for loss in update.lost_workers)
        # The agent may at once be given what was left, before its workers are started again.
        await controller.begin(grant(server.url, "next", concurrency=4, request_count=20))
        after, _ = await controller.rows("next")
    assert {row.ordinal for row in after} == set(range(20))


async def test_worker_that_dies_while_it_prepares_is_lost_before_the_start(controller, start_agent):
    async with serve(Behavior(ttft_ms=60_000)) as server, start_agent(workers=2) as agent:
        await controller.send(lease_grant=grant(server.url, concurrency=2, request_count=20, warmup_count=2))
        await controller.state("lease", "PREPARING")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while server.requests < 2:  # both are in their warm-up
                await asyncio.sleep(0.01)
        kill(agent.workers()[0])
        loss = await loss_of(controller, "lease")
        assert (loss.worker_count, loss.offset_micros, loss.next_ordinal) == (2, 0, 0)
        kill(next(worker for worker in agent.workers() if worker.pid != int(loss.error.split()[4].strip("()"))))
        update = await controller.state("lease", "COMPLETED")
        assert sorted(one.worker for one in update.lost_workers) == [0, 1]
    assert update.last_batch_number == 0


async def test_lease_starts_without_a_worker_that_died_while_it_prepared(controller, start_agent):
    async with serve(Behavior(ttft_ms=700)) as server, start_agent(workers=2) as agent:
        await controller.send(lease_grant=grant(server.url, concurrency=2, request_count=6, warmup_count=2))
        await controller.state("lease", "PREPARING")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while server.requests < 2:
                await asyncio.sleep(0.01)
        kill(agent.workers()[0])
        ready = await controller.state("lease", "READY")
        loss = await loss_of(controller, "lease")
        await controller.send(
            lease_start=agent_pb2.LeaseStart(lease_id="lease", start_micros=wall_micros() + 50_000)
        )
        measured, _ = await controller.rows("lease")
    assert list(ready.lost_workers) in ([], [loss])
    assert {row.ordinal for row in measured} == set(range(6)) - share((0, 1), loss.worker, 2, 6, concurrency=2)


async def test_kill_leaves_no_worker_behind(controller, start_agent):
    async with start_agent(workers=2) as agent:
        victim = agent.workers()[0]
        kill(victim)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while victim.is_running() or len(agent.workers()) < 2:
                await asyncio.sleep(0.02)
