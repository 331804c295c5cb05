"""Shares that begin where another ended."""

import asyncio
import signal

from fake_controller import grant

from loadcell.clock import wall_micros
from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.server import serve
from loadcell.v1 import agent_pb2
from tests.patience import PATIENCE_SECONDS

SECOND = 1_000_000
RATE = {"rate": 100, "arrival": 1}
POISSON = {"rate": 200, "arrival": 2}


async def take_over(controller, load, *, first, started_ago):
    """Give a share from an ordinal on, of a level that has started some seconds ago; return that start."""
    load.first_ordinal = first
    await controller.send(lease_grant=load)
    await controller.state(load.lease_id, "READY")
    start = wall_micros() - round(started_ago * SECOND)
    await controller.send(lease_start=agent_pb2.LeaseStart(lease_id=load.lease_id, start_micros=start))
    return start


async def test_open_share_taken_over_keeps_its_due_times_and_sends_at_once_what_is_due(controller, start_agent):
    async with serve(Behavior()) as server, start_agent(workers=2):
        load = grant(server.url, **RATE, request_count=200)
        start = await take_over(controller, load, first=50, started_ago=1)
        measured, _ = await controller.rows("lease")
        running = await controller.state_seen("lease", "RUNNING")
    assert sorted(row.ordinal for row in measured) == list(range(50, 200))
    assert all(row.scheduled_offset_micros == row.ordinal * 10_000 for row in measured)
    # 50 to 99 were due in the second before the share was taken over, and are sent by then. How well the clock of
    # the controller is known depends on the machine.
    assert all(row.start_offset_micros >= max(row.scheduled_offset_micros, 0.5 * SECOND) for row in measured)
    # Offsets count from the start of the level on the controller's clock.
    assert abs(running.start_micros - start) <= 2


async def test_successors_execute_exactly_what_is_left_at_the_times_of_the_whole(controller, start_agent):
    async with serve(Behavior()) as server, start_agent(workers=2):
        await controller.begin(grant(server.url, "whole", **POISSON, request_count=300))
        whole, _ = await controller.rows("whole")
        # Share 1 of 2 was lost at ordinal 120; two successors take it over.
        for heir in (0, 1):
            load = grant(server.url, f"heir{heir}", shares=(1 + 2 * heir, 4), **POISSON, request_count=300)
            await take_over(controller, load, first=120, started_ago=0.5)
        rows = [(await controller.rows(f"heir{heir}"))[0] for heir in (0, 1)]
    due = {row.ordinal: row.scheduled_offset_micros for row in whole}
    taken = [(row.ordinal, row.scheduled_offset_micros) for measured in rows for row in measured]
    assert sorted(taken) == [(ordinal, due[ordinal]) for ordinal in range(121, 300, 2)]


async def test_closed_share_taken_over_ends_with_its_level(controller, start_agent):
    async with serve(Behavior(ttft_ms=200)) as server, start_agent(workers=2):
        load = grant(server.url, concurrency=4, duration_micros=68 * SECOND)
        await take_over(controller, load, first=1000, started_ago=60)
        measured, _ = await controller.rows("lease")
    assert min(row.ordinal for row in measured) == 1000
    # A slot is free from the beginning of the share on, not from the start of the level.
    assert all(row.scheduled_offset_micros > 59 * SECOND for row in measured)
    assert max(row.start_offset_micros for row in measured) < 68 * SECOND
    update = await controller.state("lease", "COMPLETED")
    assert update.end_offset_micros >= 68 * SECOND


async def test_share_of_a_level_that_is_over_ends_at_once(controller, start_agent):
    async with serve(Behavior()) as server, start_agent(workers=1):
        load = grant(server.url, concurrency=2, duration_micros=5 * SECOND)
        await take_over(controller, load, first=7, started_ago=60)
        measured, _ = await controller.rows("lease")
    assert measured == []


async def test_share_given_after_the_start_takes_over_even_from_the_first_ordinal_on(controller, start_agent):
    async with serve(Behavior()) as server, start_agent(workers=1):
        load = grant(server.url, **RATE, request_count=60)
        start = await take_over(controller, load, first=0, started_ago=30)
        measured, _ = await controller.rows("lease")
        running = await controller.state_seen("lease", "RUNNING")
    assert abs(running.start_micros - start) <= 2
    assert all(row.start_offset_micros > 29 * SECOND for row in measured)
    assert [row.scheduled_offset_micros for row in measured] == [row.ordinal * 10_000 for row in measured]


async def test_start_that_is_told_late_is_moved_so_that_no_burst_is_sent(controller, start_agent):
    async with serve(Behavior()) as server, start_agent(workers=2):
        await controller.send(lease_grant=grant(server.url, concurrency=2, request_count=20, warmup_count=2))
        await controller.state("lease", "READY")
        agreed = wall_micros()
        await controller.until(lambda: wall_micros() > agreed + 2 * SECOND)
        told = wall_micros()
        await controller.send(lease_start=agent_pb2.LeaseStart(lease_id="lease", start_micros=agreed))
        measured, _ = await controller.rows("lease")
        running = await controller.state_seen("lease", "RUNNING")
    # By the agent's estimate of the clock, which on one machine that is not busy is right to some milliseconds.
    assert running.start_micros >= told - SECOND > agreed
    assert min(row.scheduled_offset_micros for row in measured) == 0


async def test_next_ordinal_is_one_above_the_highest_started(controller, start_agent):
    async with serve(Behavior(ttft_ms=60_000)) as server, start_agent(workers=2):
        await controller.begin(grant(server.url, concurrency=6, request_count=1000))

        def all_started():
            beats = controller.heartbeats[-1].leases
            return beats and beats[0].started == 6

        await controller.until(all_started)
        assert controller.heartbeats[-1].leases[0].next_ordinal == 6
        await controller.send(lease_cancel=agent_pb2.LeaseCancel(lease_id="lease", reason="test"))
        await controller.state("lease", "CANCELLED")


async def test_drained_agent_finishes_what_it_has(controller, start_agent):
    async with serve(Behavior(ttft_ms=2)) as server, start_agent(workers=2) as agent:
        await controller.begin(grant(server.url, concurrency=4, request_count=1500))
        await controller.until(lambda: controller.batches)
        await controller.send(drain=agent_pb2.Drain(enabled=True))
        measured, _ = await controller.rows("lease")
        assert "agent_draining" in agent.log
    assert sorted(row.ordinal for row in measured) == list(range(1500))


async def test_agent_that_was_killed_comes_back_with_no_lease(controller, start_agent):
    async with serve(Behavior(ttft_ms=5)) as server:
        async with start_agent(workers=1, exit_status=-signal.SIGKILL) as agent:
            await controller.begin(grant(server.url, concurrency=2, request_count=1_000_000))
            await controller.until(lambda: controller.batches)
            workers = agent.workers()
            agent.process.kill()
            await agent.process.wait()
            for worker in workers:
                await asyncio.to_thread(worker.wait, PATIENCE_SECONDS)
        async with start_agent(workers=1):
            await controller.until(lambda: len(controller.registers) == 2)
            again = controller.registers[1]
            assert again.agent_id == controller.registers[0].agent_id
            assert list(again.leases) == []
            await controller.begin(grant(server.url, "next", concurrency=2, request_count=10))
            measured, _ = await controller.rows("next")
    assert len(measured) == 10
