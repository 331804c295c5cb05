"""Agents that hear nothing of the controller start nothing of a share that others may have taken over."""

import asyncio
import signal
import time
from pathlib import Path

import pytest
from fake_controller import grant

from loadcell.clock import wall_micros
from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.server import serve
from loadcell.v1 import agent_pb2
from tests.patience import PATIENCE_SECONDS

FENCE = 400_000
# After this time without an answer the fence is shut, whatever the machine is busy with.
SURELY_SHUT = 2 * FENCE
SILENCE = 2_000_000
OPEN = {"rate": 100, "arrival": 1, "request_count": 400}


async def wait_until(micros):
    while wall_micros() < micros:
        await asyncio.sleep(0.02)


def fenced(url, fence=FENCE, **level):
    load = grant(url, **level)
    load.fence_micros = fence
    return load


async def silence(controller):
    """Let the controller answer nothing for a while; return the time in which the fence is surely shut."""
    await controller.until(lambda: controller.batches)
    controller.answering = False
    silent = wall_micros()
    await wait_until(silent + SILENCE)
    answered = wall_micros()
    controller.answering = True
    return silent + SURELY_SHUT, answered


def started_between(measured, running, first, last):
    return [row for row in measured if first < running.start_micros + row.start_offset_micros < last]


async def test_open_share_behind_its_fence_waits_and_is_sent_late_when_the_controller_answers(
    controller, start_agent
):
    async with serve(Behavior()) as server, start_agent(workers=2):
        await controller.begin(fenced(server.url, **OPEN))
        first, last = await silence(controller)
        measured, _ = await controller.rows("lease")
        running = await controller.state_seen("lease", "RUNNING")
        update = await controller.state("lease", "COMPLETED")
    assert started_between(measured, running, first, last) == []
    assert sorted(row.ordinal for row in measured) == list(range(400))
    assert all(row.scheduled_offset_micros == row.ordinal * 10_000 for row in measured)
    waited = [row for row in measured if first < running.start_micros + row.scheduled_offset_micros < last]
    assert len(waited) > 50
    assert all(running.start_micros + row.start_offset_micros >= last for row in waited)
    assert any(note.startswith("no request was started for ") for note in update.notes)


async def test_closed_share_behind_its_fence_keeps_its_requests_in_flight_and_goes_on(controller, start_agent):
    async with serve(Behavior(ttft_ms=5)) as server, start_agent(workers=2):
        await controller.begin(fenced(server.url, concurrency=4, duration_micros=4_000_000))
        await controller.until(lambda: controller.batches)
        server.behavior = Behavior(ttft_ms=700)  # what is in flight when the fence shuts ends behind it
        first, last = await silence(controller)
        server.behavior = Behavior(ttft_ms=5)
        measured, _ = await controller.rows("lease")
        running = await controller.state_seen("lease", "RUNNING")
    assert started_between(measured, running, first, last) == []
    assert started_between(measured, running, last, last + 60_000_000)
    assert {row.status for row in measured} == {1}
    assert len({row.ordinal for row in measured}) == len(measured)


async def test_share_without_a_fence_goes_on_however_long_the_controller_is_silent(controller, start_agent):
    async with serve(Behavior()) as server, start_agent(workers=1):
        await controller.begin(fenced(server.url, 0, **OPEN))
        first, last = await silence(controller)
        measured, _ = await controller.rows("lease")
        running = await controller.state_seen("lease", "RUNNING")
        update = await controller.state("lease", "COMPLETED")
    assert len(started_between(measured, running, first, last)) > 50
    assert list(update.notes) == []


async def test_share_cancelled_behind_its_fence_delivers_what_was_measured(controller, start_agent):
    controller.heartbeat_micros = 500_000  # a silent session lives for some seconds
    # One worker: of several, one that is late would leave a gap below what another has still started.
    async with serve(Behavior()) as server, start_agent(workers=1):
        await controller.begin(fenced(server.url, 1_500_000, rate=100, arrival=1, request_count=100_000))
        await controller.until(lambda: controller.batches)
        before = len(controller.registers)
        controller.answering = False
        silent = wall_micros()
        # A new session: this one lasts until after the cancel.
        await controller.until(lambda: len(controller.registers) > before)
        await wait_until(silent + 1_500_000)
        assert controller.registers[-1].leases[0].state == agent_pb2.LEASE_STATE_RUNNING
        await controller.send(lease_cancel=agent_pb2.LeaseCancel(lease_id="lease", reason="expired"))
        measured, _ = await controller.rows("lease", "CANCELLED")
        update = await controller.state("lease", "CANCELLED")
        running = await controller.state_seen("lease", "RUNNING")
    assert started_between(measured, running, silent + 2_000_000, silent + 600_000_000) == []
    assert sorted(row.ordinal for row in measured) == list(range(len(measured)))
    assert {row.status for row in measured} == {1}
    assert any("because the controller did not answer" in note for note in update.notes)


async def test_workers_keep_the_fence_when_the_main_process_is_stuck(controller, start_agent):
    async with serve(Behavior()) as server, start_agent(workers=2) as agent:
        await controller.begin(fenced(server.url, **OPEN))
        await controller.until(lambda: controller.batches)
        stuck = wall_micros()
        agent.process.send_signal(signal.SIGSTOP)
        try:
            await wait_until(stuck + SILENCE)
        finally:
            freed = wall_micros()
            agent.process.send_signal(signal.SIGCONT)
        measured, _ = await controller.rows("lease")
        running = await controller.state_seen("lease", "RUNNING")
    assert started_between(measured, running, stuck + SURELY_SHUT, freed) == []
    assert sorted(row.ordinal for row in measured) == list(range(400))


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="only Linux has a clock that tells sleep apart")
async def test_share_on_a_host_that_has_slept_waits_for_the_controller(controller, start_agent, tmp_path):
    """The fence is an hour long and the load a few seconds: only the sleep can have shut it."""
    slept = tmp_path / "slept"
    hour = 3_600_000_000
    environment = {"PYTHONPATH": str(Path(__file__).parent / "slept"), "SLEPT": str(slept)}
    async with serve(Behavior()) as server, start_agent(workers=2, **environment):
        await controller.begin(fenced(server.url, hour, rate=100, arrival=1, duration_micros=hour))
        await controller.until(lambda: controller.batches)
        controller.answering = False
        slept.touch()
        async with asyncio.timeout(PATIENCE_SECONDS):
            seen = 0
            while seen < server.requests:  # without a fence there would be a hundred more
                seen = server.requests
                await asyncio.sleep(1)
            controller.answering = True
            while seen == server.requests:
                await asyncio.sleep(0.02)
        await controller.send(lease_cancel=agent_pb2.LeaseCancel(lease_id="lease", reason="over"))
        await controller.state("lease", "CANCELLED")
