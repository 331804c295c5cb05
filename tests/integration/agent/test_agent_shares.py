"""Shares that begin where another ended."""

import pytest
from fake_controller import grant

from loadcell.clock import wall_micros
from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.server import serve
from loadcell.v1 import agent_pb2

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECOND = 1_000_000
RATE = {"rate": 100, "arrival": 1}
POISSON = {"rate": 200, "arrival": 2}


@pytest.fixture
def controller(shared_controller):
    return shared_controller


async def take_over(controller, load, *, first, started_ago):
    """Give a share from an ordinal on, of a level that has started some seconds ago; return that start."""
    load.first_ordinal = first
    await controller.send(lease_grant=load)
    await controller.state(load.lease_id, "READY")
    start = wall_micros() - round(started_ago * SECOND)
    await controller.send(lease_start=agent_pb2.LeaseStart(lease_id=load.lease_id, start_micros=start))
    return start


async def test_open_share_taken_over_keeps_its_due_times_and_sends_at_once_what_is_due(controller, lease):
    async with serve(Behavior()) as server:
        load = grant(server.url, lease, **RATE, request_count=200)
        start = await take_over(controller, load, first=50, started_ago=1)
        measured, _ = await controller.rows(lease)
        running = await controller.state_seen(lease, "RUNNING")
    assert sorted(row.ordinal for row in measured) == list(range(50, 200))
    assert all(row.scheduled_offset_micros == row.ordinal * 10_000 for row in measured)
    # 50 to 99 were due in the second before the share was taken over, and are sent by then. How well the clock of
    # the controller is known depends on the machine.
    assert all(row.start_offset_micros >= max(row.scheduled_offset_micros, 0.5 * SECOND) for row in measured)
    # Offsets count from the start of the level on the controller's clock.
    assert abs(running.start_micros - start) <= 2


async def test_successors_execute_exactly_what_is_left_at_the_times_of_the_whole(controller, lease):
    async with serve(Behavior()) as server:
        await controller.begin(grant(server.url, f"{lease}-whole", **POISSON, request_count=300))
        whole, _ = await controller.rows(f"{lease}-whole")
        # Share 1 of 2 was lost at ordinal 120; two successors take it over.
        for heir in (0, 1):
            load = grant(server.url, f"{lease}-heir{heir}", shares=(1 + 2 * heir, 4), **POISSON, request_count=300)
            await take_over(controller, load, first=120, started_ago=0.5)
        rows = [(await controller.rows(f"{lease}-heir{heir}"))[0] for heir in (0, 1)]
    due = {row.ordinal: row.scheduled_offset_micros for row in whole}
    taken = [(row.ordinal, row.scheduled_offset_micros) for measured in rows for row in measured]
    assert sorted(taken) == [(ordinal, due[ordinal]) for ordinal in range(121, 300, 2)]


async def test_closed_share_taken_over_ends_with_its_level(controller, lease):
    async with serve(Behavior(ttft_ms=200)) as server:
        load = grant(server.url, lease, concurrency=4, duration_micros=64 * SECOND)
        await take_over(controller, load, first=1000, started_ago=60)
        measured, _ = await controller.rows(lease)
    assert min(row.ordinal for row in measured) == 1000
    # A slot is free from the beginning of the share on, not from the start of the level.
    assert all(row.scheduled_offset_micros > 59 * SECOND for row in measured)
    assert max(row.start_offset_micros for row in measured) < 64 * SECOND
    update = await controller.state(lease, "COMPLETED")
    assert update.end_offset_micros >= 64 * SECOND


async def test_share_of_a_level_that_is_over_ends_at_once(controller, lease):
    async with serve(Behavior()) as server:
        load = grant(server.url, lease, workers=1, concurrency=2, duration_micros=5 * SECOND)
        await take_over(controller, load, first=7, started_ago=60)
        measured, _ = await controller.rows(lease)
    assert measured == []


async def test_share_given_after_the_start_takes_over_even_from_the_first_ordinal_on(controller, lease):
    async with serve(Behavior()) as server:
        load = grant(server.url, lease, workers=1, **RATE, request_count=60)
        start = await take_over(controller, load, first=0, started_ago=30)
        measured, _ = await controller.rows(lease)
        running = await controller.state_seen(lease, "RUNNING")
    assert abs(running.start_micros - start) <= 2
    assert all(row.start_offset_micros > 29 * SECOND for row in measured)
    assert [row.scheduled_offset_micros for row in measured] == [row.ordinal * 10_000 for row in measured]


async def test_start_that_is_told_late_is_moved_so_that_no_burst_is_sent(controller, lease):
    async with serve(Behavior()) as server:
        await controller.send(
            lease_grant=grant(server.url, lease, concurrency=2, request_count=20, warmup_count=2)
        )
        await controller.state(lease, "READY")
        agreed = wall_micros()
        await controller.until(lambda: wall_micros() > agreed + 2 * SECOND)
        told = wall_micros()
        await controller.send(lease_start=agent_pb2.LeaseStart(lease_id=lease, start_micros=agreed))
        measured, _ = await controller.rows(lease)
        running = await controller.state_seen(lease, "RUNNING")
    # By the agent's estimate of the clock, which on one machine that is not busy is right to some milliseconds.
    assert running.start_micros >= told - SECOND > agreed
    assert min(row.scheduled_offset_micros for row in measured) == 0


async def test_next_ordinal_is_one_above_the_highest_started(controller, lease):
    async with serve(Behavior(ttft_ms=60_000)) as server:
        await controller.begin(grant(server.url, lease, concurrency=6, request_count=1000))

        def all_started():
            return [one.next_ordinal for one in controller.heartbeats[-1].leases if one.started == 6]

        await controller.until(all_started)
        assert all_started() == [6]
        await controller.send(lease_cancel=agent_pb2.LeaseCancel(lease_id=lease, reason="test"))
        await controller.state(lease, "CANCELLED")
