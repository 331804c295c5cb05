"""A session whose clocks go as told, over a real socket."""

import asyncio
import time
from contextlib import asynccontextmanager

import grpc
import structlog

from agent.assets import Assets
from agent.clock import OffsetEstimator
from agent.contact import Contact, contact_file
from agent.leases import Leases
from agent.pool import WorkerPool
from agent.session import Identity, Session
from agent.uplink import Uplink, Waiting
from loadcell.clock import AnchoredClock, StepDetector
from loadcell.target_guard.guard import TargetGuard

HOUR_NS = 3600 * 10**9


class WallClock:
    """The machine's, set forward by what the test says."""

    def __init__(self):
        self.ahead_ns = 0

    def __call__(self):
        return time.monotonic_ns() + 1_700_000_000 * 10**9 + self.ahead_ns


@asynccontextmanager
async def session(controller, wall, tmp_path):
    async with grpc.aio.insecure_channel(f"127.0.0.1:{controller.port}") as channel:
        pool = WorkerPool([], on_message=lambda *_: None, on_death=lambda *_: None)
        uplink = Uplink(
            channel,
            agent_id="a",
            memory_bytes=1 << 20,
            spool=None,
            pause_workers=pool.pause,
            on_refused=lambda *_: None,
            on_acknowledged=lambda _: None,
        )
        clock, offset = AnchoredClock(wall), OffsetEstimator()
        one = Session(
            channel,
            Identity("a", "host", {}, 0, {}, lambda: None, False),
            clock=clock,
            offset=offset,
            steps=StepDetector(wall),
            probe=lambda _: None,
            scrape=lambda _: None,
            waiting=lambda: Waiting(0, 0),
            contact=Contact(contact_file(tmp_path, "a")),
            on_silent=lambda: None,
        )
        leases = Leases(
            pool,
            uplink,
            Assets(channel, tmp_path),
            guard=TargetGuard(),
            clock=clock,
            offset=offset,
            report=one.report,
        )
        running = asyncio.create_task(one.run(leases))
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_a_step_of_the_wall_clock_is_told_and_moves_nothing(controller, tmp_path):
    wall = WallClock()
    with structlog.testing.capture_logs() as logs:
        async with session(controller, wall, tmp_path):
            await controller.until(lambda: len(controller.heartbeats) > 12)
            before = controller.heartbeats[-1]
            assert before.clock_steps == 0
            wall.ahead_ns += HOUR_NS
            await controller.until(lambda: controller.heartbeats[-1].clock_steps == 1)
            seen = len(controller.heartbeats)
            await controller.until(lambda: len(controller.heartbeats) > seen + 5)
            after = controller.heartbeats[-1]
    assert after.clock_steps == 1
    # The clock that starts are agreed by has not moved, nor has its offset to the controller's.
    assert after.agent_send_micros - before.agent_send_micros < HOUR_NS // 1000 // 2
    doubt = before.clock_uncertainty_micros + after.clock_uncertainty_micros
    assert abs(after.clock_offset_micros - before.clock_offset_micros) <= doubt
    (told,) = [entry for entry in logs if entry["event"] == "clock_stepped"]
    assert abs(told["seconds"] - 3600) < 1
    assert told["steps"] == 1
