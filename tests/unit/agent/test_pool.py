"""Workers that cannot be started, and leases that cannot be prepared, with real worker processes."""

import asyncio
import errno
import os
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager

import grpc
import pytest
import uvloop

from agent import pool as pool_module
from agent.assets import Assets
from agent.clock import OffsetEstimator
from agent.leases import Leases
from agent.pool import Spawned, WorkerPool, spawn
from agent.uplink import Uplink
from agent.worker.messages import ENCODER, Batch, Cancel
from loadcell.clock import AnchoredClock
from loadcell.target_guard.guard import TargetGuard
from loadcell.v1 import agent_pb2
from tests.patience import PATIENCE_SECONDS


@asynccontextmanager
async def one_worker():
    deaths = []
    pool = WorkerPool([spawn()], on_message=lambda *_: None, on_death=lambda *death: deaths.append(death))
    await pool.open()
    try:
        yield pool, deaths
    finally:
        await pool.close()


async def test_a_worker_that_cannot_be_started_at_once_is_started_later(monkeypatch):
    refusals = [OSError(errno.EAGAIN, "no process left"), OSError(errno.ENOMEM, "no memory left")]

    def reluctant():
        if refusals:
            raise refusals.pop()
        return spawn()

    monkeypatch.setattr(pool_module, "_RESTART_SECONDS", 0.01)
    monkeypatch.setattr(pool_module, "spawn", reluctant)
    async with one_worker() as (pool, deaths), asyncio.timeout(PATIENCE_SECONDS):
        os.kill(pool._spawned[0].process.pid, signal.SIGKILL)
        while not deaths or not pool.alive():
            await asyncio.sleep(0.01)
        assert "killed by signal 9" in deaths[0][1]
        assert refusals == []


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("paused", [True, False])
def test_all_that_a_dead_worker_has_sent_is_taken_before_its_death_is_told(new_loop, paused):
    """Even if a write to it fails before it is read."""

    async def scenario():
        heard = []
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        process = subprocess.Popen([sys.executable, "-c", ""])  # noqa: ASYNC220  as the agent starts its workers
        pool = WorkerPool(
            [Spawned(process, ours)],
            on_message=lambda _, message: heard.append(message.next_ordinal),
            on_death=lambda *_: heard.append("dead"),
        )
        await pool.open()
        pool.pause(paused)
        bodies = [ENCODER.encode(Batch("lease", b"x" * 1000, ordinal)) for ordinal in range(50)]
        theirs.settimeout(PATIENCE_SECONDS)
        # It was killed in the middle of a message.
        theirs.sendall(b"".join(len(body).to_bytes(4, "big") + body for body in bodies) + b"\0\0\0\x09half")
        theirs.close()
        pool.send(0, Cancel("lease"))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while "dead" not in heard:
                    await asyncio.sleep(0.01)
        finally:
            await pool.close()
        assert heard == [*range(50), "dead"]

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(scenario())


@pytest.mark.parametrize("error", [KeyError("unforeseen"), OSError(errno.ENOSPC, "no space left")])
async def test_a_lease_whose_preparation_fails_in_any_way_fails_with_the_reason(monkeypatch, tmp_path, error):
    async def fetch(self, sha256):
        raise error

    monkeypatch.setattr(Assets, "fetch", fetch)
    updates = asyncio.Queue()
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel, one_worker() as (pool, _):
        uplink = Uplink(
            channel,
            agent_id="a",
            memory_bytes=1 << 20,
            spool=None,
            pause_workers=pool.pause,
            on_refused=lambda *_: None,
            on_acknowledged=lambda _: None,
        )
        leases = Leases(
            pool,
            uplink,
            Assets(channel, tmp_path),
            guard=TargetGuard(),
            clock=AnchoredClock(),
            offset=OffsetEstimator(),
            report=updates.put_nowait,
        )
        leases.grant(
            agent_pb2.LeaseGrant(lease_id="lease", level={"concurrency": 1, "request_count": 1}, share_count=1)
        )
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (update := await updates.get()).state != agent_pb2.LEASE_STATE_FAILED:
                pass
        assert str(error) in update.error
        await leases.close()
