"""What befalls an agent that has leases: its controller, its processes and its memory."""

import asyncio
import signal

from fake_controller import grant

from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.server import serve
from loadcell.v1 import agent_pb2
from tests.patience import PATIENCE_SECONDS

LONG = {"output_len": 250}  # samples with long timelines fill memory soon


async def test_states_come_in_order_with_the_start_time(controller, start_agent):
    async with serve(Behavior()) as server, start_agent(workers=1):
        before = wall_micros()
        await controller.begin(grant(server.url, concurrency=2, request_count=20))
        await controller.rows("lease")
        after = wall_micros()
    names = [agent_pb2.LeaseState.Name(u.state).removeprefix("LEASE_STATE_") for u in controller.updates]
    assert names == ["PREPARING", "READY", "RUNNING", "COMPLETED"]
    running = controller.updates[2]
    assert before <= running.start_micros <= after
    register = controller.registers[0]
    assert register.agent_id == "tested"
    assert register.protocol_version == 1
    assert register.worker_count == 1
    facts = {"cpu_model", "cpu_count", "memory_bytes", "kernel", "python", "open_files_limit"}
    assert set(register.host) == facts
    assert any(beat.clock_uncertainty_micros > 0 for beat in controller.heartbeats)


async def test_controller_gone_in_mid_run_gets_every_sample_exactly_once(controller, start_agent):
    async with serve(Behavior(ttft_ms=1)) as server, start_agent(workers=2):
        await controller.begin(grant(server.url, concurrency=4, request_count=2500))
        await controller.until(lambda: controller.batches)
        controller.acknowledging = False
        seen = len(controller.batches)
        await controller.until(lambda: len(controller.batches) > seen)
        await controller.stop()
        controller.registers.clear()
        await asyncio.sleep(0.3)
        controller.acknowledging = True
        await controller.start()
        measured, _ = await controller.rows("lease")
    assert sorted(row.ordinal for row in measured) == list(range(2500))
    assert max(controller.received.values()) > 1  # what was not acknowledged came again
    assert [lease.lease_id for lease in controller.registers[0].leases] == ["lease"]


async def test_uplink_memory_holds_load_back_and_drops_nothing(controller, start_agent):
    settings = {"LOADCELL_UPLINK_MEMORY_MB": "1", "LOADCELL_SPOOL_MB": "0"}
    async with serve(Behavior()) as server, start_agent(workers=1, **settings) as agent:
        controller.acknowledging = False
        load = grant(server.url, concurrency=16, request_count=6_000, workload=LONG)
        await controller.begin(load)
        await controller.until(lambda: '"full":true' in agent.log)
        controller.acknowledging = True
        await controller.stop()
        await controller.start()
        measured, _ = await controller.rows("lease")
    assert sorted(row.ordinal for row in measured) == list(range(6_000))


async def test_sigterm_in_mid_run_delivers_what_was_measured(controller, start_agent):
    async with serve(Behavior(ttft_ms=5)) as server, start_agent(workers=2) as agent:
        await controller.begin(grant(server.url, concurrency=4, request_count=1_000_000))
        await controller.until(lambda: controller.batches)
        agent.process.terminate()
        measured, _ = await controller.rows("lease", "CANCELLED")
        await agent.ended()
    assert len({row.ordinal for row in measured}) == len(measured) > 0


async def test_workers_die_with_a_killed_main_process(controller, start_agent):
    async with start_agent(workers=2, exit_status=-signal.SIGKILL) as agent:
        workers = agent.workers()
        assert len(workers) == 2
        agent.process.kill()
        await agent.ended()
        for worker in workers:
            await asyncio.to_thread(worker.wait, PATIENCE_SECONDS)


async def test_silent_controller_is_dialled_again(controller, start_agent):
    async with serve(Behavior()) as server, start_agent(workers=1):
        before = len(controller.registers)
        controller.answering = False
        await controller.until(lambda: len(controller.registers) > before)
        controller.answering = True
        await controller.begin(grant(server.url, concurrency=1, request_count=5))
        measured, _ = await controller.rows("lease")
    assert len(measured) == 5


async def test_agent_waits_for_a_controller_that_is_not_there_yet(controller, start_agent, tmp_path):
    async def start_once_it_is_missed():
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not any("session_lost" in log.read_text() for log in tmp_path.glob("agent*.log")):
                await asyncio.sleep(0.02)
        await controller.start()

    await controller.stop()
    waiting = asyncio.create_task(start_once_it_is_missed())
    try:
        async with start_agent(workers=1):
            assert waiting.done()  # it has registered, after it had found nobody
    finally:
        waiting.cancel()


async def test_second_agent_of_the_same_name_ends_the_first(controller, start_agent):
    async with start_agent(workers=1, exit_status=1) as agent:
        controller.refuse = LoadcellError("SESSION_REPLACED", "agent tested has connected from elsewhere")
        await controller.send(drain=agent_pb2.Drain(enabled=True))
        await agent.ended()
        assert "agent tested has connected from elsewhere" in agent.log


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
            await agent.ended()
            for worker in workers:
                await asyncio.to_thread(worker.wait, PATIENCE_SECONDS)
        before = controller.registers.copy()
        controller.registers.clear()
        async with start_agent(workers=1):
            again = controller.registers[0]
            assert again.agent_id == before[0].agent_id
            assert list(again.leases) == []
            await controller.begin(grant(server.url, "next", concurrency=2, request_count=10))
            measured, _ = await controller.rows("next")
    assert len(measured) == 10
