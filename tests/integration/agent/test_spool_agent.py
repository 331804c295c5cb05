"""Samples outlive everything that happens to the agent's main process, the controller and the disk."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from fake_controller import grant

from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.server import serve
from tests.patience import PATIENCE_SECONDS

LONG = {"output_len": 250}  # samples with long timelines fill memory and disk soon


def spool(tmp_path):
    return tmp_path / "data" / "spool-tested"


def segments(tmp_path):
    return sorted(spool(tmp_path).glob("*.segment"))


def spool_bytes(controller):
    return controller.heartbeats[-1].uplink_spool_bytes if controller.heartbeats else 0


def delivered(controller):
    return controller.heartbeats and not spool_bytes(controller)


def memory_bytes(controller):
    return controller.heartbeats[-1].uplink_memory_bytes if controller.heartbeats else 0


async def kill(agent):
    workers = agent.workers()
    agent.process.send_signal(signal.SIGKILL)
    await agent.ended()
    for worker in workers:
        await asyncio.to_thread(worker.wait, PATIENCE_SECONDS)


def lose(controller, *, but=()):
    """Make of a controller one that had not committed what it has received."""
    for key in controller.batches.keys() - but:
        del controller.batches[key]


async def leave_batches(controller, start_agent, server):
    """Kill an agent that has batches to deliver; return the number of the last one the controller has seen."""
    async with start_agent(exit_status=-signal.SIGKILL) as agent:
        await controller.begin(grant(server.url, concurrency=4, request_count=1_000_000))
        await controller.until(lambda: len(controller.batches) >= 2)
        controller.acknowledging = False
        committed = set(controller.batches)
        await controller.until(lambda: len(controller.batches) >= 12)
        await kill(agent)
    seen = max(number for _, number in controller.batches)
    lose(controller, but=committed)
    controller.acknowledging = True
    controller.registers.clear()
    controller.heartbeats.clear()
    return seen


def numbers(controller):
    return sorted(number for lease, number in controller.batches if lease == "lease")


async def test_a_killed_agent_delivers_after_its_restart_what_was_not_acknowledged(
    controller, start_agent, tmp_path
):
    async with serve(Behavior(ttft_ms=1)) as server:
        seen = await leave_batches(controller, start_agent, server)
        async with start_agent() as agent:
            await controller.begin(grant(server.url, "next", concurrency=2, request_count=50))
            measured, _ = await controller.rows("next")
            await controller.until(lambda: seen in numbers(controller) and delivered(controller))
    assert len(measured) == 50
    assert numbers(controller) == list(range(1, numbers(controller)[-1] + 1))
    ordinals = [n for (lease, _), rows in controller.batches.items() if lease == "lease" for n in rows.ordinal]
    assert len(set(ordinals)) == len(ordinals) > 0
    assert '"event":"spool_recovered"' in agent.log
    assert '"event":"spool_delivered"' in agent.log
    assert segments(tmp_path) == []


@pytest.mark.parametrize("reason", ["UNKNOWN_LEASE", "RUN_DELETED"])
async def test_what_nobody_wants_any_more_is_dropped_and_logged(controller, start_agent, tmp_path, reason):
    async with serve(Behavior(ttft_ms=1)) as server:
        await leave_batches(controller, start_agent, server)
        controller.unwanted = {"lease": reason}
        async with start_agent() as agent:
            await controller.until(lambda: delivered(controller))
            await controller.begin(grant(server.url, "next", concurrency=2, request_count=50))
            measured, _ = await controller.rows("next")
    assert len(measured) == 50
    assert f'"reason":"{reason}"' in agent.log
    assert segments(tmp_path) == []


async def test_a_damaged_batch_is_told_to_be_lost_and_those_behind_it_arrive(controller, start_agent, tmp_path):
    async with serve(Behavior(ttft_ms=1)) as server:
        seen = await leave_batches(controller, start_agent, server)
        (segment,) = segments(tmp_path)
        data = bytearray(segment.read_bytes())
        data[len(data) // 2] ^= 0xFF
        segment.write_bytes(data)
        async with start_agent() as agent:
            await controller.until(lambda: seen in numbers(controller) and delivered(controller))
    rows = [rows for (lease, _), rows in controller.batches.items() if lease == "lease"]
    assert sum(not batch.row_count for batch in rows) == 1
    assert '"event":"batch_lost"' in agent.log or '"event":"batches_lost"' in agent.log


async def test_a_second_agent_does_not_share_a_spool(controller, start_agent, tmp_path):
    async with start_agent() as agent:
        environ = {**os.environ, "LOADCELL_DATA_DIR": str(tmp_path / "data"), "LOADCELL_AGENT_ID": "tested"}
        second = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "agent"), env=environ, stderr=subprocess.PIPE
        )
        _, said = await asyncio.wait_for(second.communicate(), PATIENCE_SECONDS)
        assert second.returncode == 2
        assert f"in use by the agent with process id {agent.process.pid}" in said.decode()
        assert "LOADCELL_AGENT_ID" in said.decode()


async def test_a_slow_controller_does_not_slow_the_load_and_gets_everything_in_the_end(
    controller, start_agent, tmp_path
):
    async with serve(Behavior()) as server, start_agent(LOADCELL_UPLINK_MEMORY_MB="1") as agent:
        controller.acknowledging = False
        await controller.begin(grant(server.url, concurrency=16, request_count=4_000, workload=LONG))
        # Everything is measured while nothing is acknowledged, although it is more than the memory may hold.
        update = await controller.state("lease", "COMPLETED")
        await controller.until(lambda: spool_bytes(controller) > 1 << 20)
        assert not memory_bytes(controller)
        await controller.stop()
        controller.acknowledging = True
        await controller.start()
        measured, _ = await controller.rows("lease")
        await controller.until(lambda: not spool_bytes(controller))
    assert sorted(row.ordinal for row in measured) == list(range(4_000))
    assert not [note for note in update.notes if "uplink" in note]
    assert '"full":true' not in agent.log


async def test_beyond_the_limit_of_the_spool_load_is_held_back_and_the_run_says_so(controller, start_agent):
    settings = {"LOADCELL_UPLINK_MEMORY_MB": "1", "LOADCELL_SPOOL_MB": "1"}
    async with serve(Behavior()) as server, start_agent(workers=1, **settings) as agent:
        controller.acknowledging = False
        await controller.begin(grant(server.url, concurrency=16, request_count=8_000, workload=LONG))
        await controller.until(lambda: '"full":true' in agent.log)
        await controller.until(lambda: min(spool_bytes(controller), memory_bytes(controller)) > 900_000)
        controller.acknowledging = True
        await controller.stop()
        await controller.start()
        measured, _ = await controller.rows("lease")
        update = await controller.state("lease", "COMPLETED")
    assert sorted(row.ordinal for row in measured) == list(range(8_000))
    assert any("the uplink was full for" in note for note in update.notes)
    assert agent.log.count('"event":"spool_refuses"') == agent.log.count('"event":"spool_accepts"') > 0
    assert "the limit of LOADCELL_SPOOL_MB is reached" in agent.log


@contextmanager
def small_disk(path):
    """A disk of one MiB, where we may mount one."""
    path.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "loadcell-test", path],
        capture_output=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        yield
    finally:
        subprocess.run(["umount", path], check=True, timeout=PATIENCE_SECONDS)


async def test_a_full_disk_is_as_a_full_spool_and_nothing_is_lost(controller, start_agent, tmp_path):
    with small_disk(tmp_path / "data"):
        async with (
            serve(Behavior()) as server,
            start_agent(workers=1, LOADCELL_UPLINK_MEMORY_MB="1") as agent,
        ):
            controller.acknowledging = False
            load = grant(server.url, concurrency=16, request_count=8_000, workload=LONG)
            await controller.begin(load)
            await controller.until(lambda: '"full":true' in agent.log)
            controller.acknowledging = True
            await controller.stop()
            await controller.start()
            measured, _ = await controller.rows("lease")
    assert sorted(row.ordinal for row in measured) == list(range(8_000))
    assert agent.log.count("No space left on device") == agent.log.count('"event":"spool_accepts"') > 0


async def test_what_cannot_be_delivered_at_the_end_waits_for_the_next_agent(controller, start_agent, tmp_path):
    async with serve(Behavior(ttft_ms=1)) as server:
        async with start_agent(LOADCELL_DELIVERY_SECONDS="0.2") as agent:
            controller.acknowledging = False
            await controller.begin(grant(server.url, concurrency=4, request_count=500))
            update = await controller.state("lease", "COMPLETED")
            await controller.until(lambda: len(controller.batches) == update.last_batch_number)
        assert (
            f'"batches":{update.last_batch_number},'
            in agent.log.split("batches_wait_in_spool")[0].splitlines()[-1]
        )
        controller.acknowledging = True
        controller.registers.clear()
        lose(controller)
        async with start_agent():
            measured, _ = await controller.rows("lease")
    assert sorted(row.ordinal for row in measured) == list(range(500))
