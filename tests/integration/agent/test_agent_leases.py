import asyncio
import json
import signal
from collections import Counter

from fake_controller import grant

from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.server import serve
from loadcell.v1 import agent_pb2

OK, CANCELLED = 1, 3


async def test_closed_loop_runs_every_ordinal_once_over_all_workers(controller, start_agent):
    async with serve(Behavior(), keep_bodies=True) as server, start_agent(workers=2):
        await controller.begin(grant(server.url, concurrency=5, request_count=703, warmup_count=7))
        measured, warm = await controller.rows("lease")
    assert sorted(row.ordinal for row in measured) == list(range(703))
    assert sorted(row.ordinal for row in warm) == list(range(7))
    assert {row.status for row in measured + warm} == {OK}
    assert {row.completion_tokens for row in measured} == {5}
    # Warm-up is over the same path and before the level.
    assert all(row.start_offset_micros < 0 for row in warm)
    assert all(row.start_offset_micros >= row.scheduled_offset_micros >= 0 for row in measured)
    update = await controller.state("lease", "COMPLETED")
    assert update.worker_count == 2
    assert 0 < update.ramp_down_offset_micros <= update.end_offset_micros
    assert update.health.reads == sum(row.read_count for row in measured) > 703
    assert update.health.cpu_share > 0
    # No two requests have the same prompt, warm-up included.
    prompts = [json.loads(body)["messages"][0]["content"] for body in server.bodies]
    assert len(set(prompts)) == len(prompts) == 710


async def test_M19_the_warm_up_is_load_like_any_other(controller, start_agent):
    """Streamed over the same connections, as many at once, with prompts and lengths of the same kind."""
    async with serve(Behavior(ttft_ms=100), keep_bodies=True) as server, start_agent(workers=1):
        await controller.begin(grant(server.url, concurrency=3, request_count=9, warmup_count=6))
        measured, warm = await controller.rows("lease")
    bodies = [json.loads(body) for body in server.bodies]
    words = {len(body.pop("messages")[0]["content"].split()) for body in bodies}
    assert words == {16}
    assert len(bodies) == 15
    assert all(body == bodies[-1] for body in bodies)  # stream, usage, length and temperature alike
    assert bodies[0]["stream"] is True
    for rows in (warm, measured):
        spans = [(row.start_offset_micros, row.start_offset_micros + row.e2e_micros) for row in rows]
        assert max(sum(start <= moment < end for start, end in spans) for moment, _ in spans) == 3
        assert {(row.status, row.event_count, row.completion_tokens) for row in rows} == {(OK, 5, 5)}
    assert server.connections == 3


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


async def test_two_agents_split_a_level_exactly(controller, start_agent):
    async with serve(Behavior()) as server, start_agent(workers=2):
        for share in (0, 1):
            await controller.begin(
                grant(server.url, f"lease{share}", shares=(share, 2), concurrency=3, request_count=101)
            )
        rows = [await controller.rows(f"lease{share}") for share in (0, 1)]
    ordinals = [[row.ordinal for row in measured] for measured, _ in rows]
    assert all(ordinal % 3 % 2 == share for share in (0, 1) for ordinal in ordinals[share])
    assert sorted(ordinals[0] + ordinals[1]) == list(range(101))


async def test_M10_open_loop_keeps_its_schedule_however_slow_the_server(controller, start_agent):
    async with serve(Behavior(ttft_ms=300)) as server, start_agent(workers=2):
        await controller.begin(grant(server.url, rate=200, arrival=1, request_count=100))
        measured, _ = await controller.rows("lease")
    assert sorted(row.ordinal for row in measured) == list(range(100))
    assert all(row.scheduled_offset_micros == row.ordinal * 5000 for row in measured)
    assert all(row.start_offset_micros >= row.scheduled_offset_micros for row in measured)
    # 100 arrivals took half a second although each answer took 300 ms: they did not wait for one another.
    assert {row.status for row in measured} == {OK}


async def test_M3_an_open_loop_does_not_connect_under_load(controller, start_agent):
    async with serve(Behavior(ttft_ms=400)) as server, start_agent(workers=1):
        await controller.begin(grant(server.url, rate=400, arrival=1, request_count=160, warmup_count=2))
        measured, warm = await controller.rows("lease")
    assert len(measured) == 160
    assert all(row.connect_micros in {None, -1} for row in measured + warm)


async def test_poisson_arrivals_are_those_of_the_seed(controller, start_agent):
    async with serve(Behavior()) as server, start_agent(workers=2):
        for lease, workers in (("one", 1), ("two", 2)):
            await controller.begin(
                grant(server.url, lease, workers=workers, rate=500, arrival=2, request_count=150)
            )
        one, two = [
            {row.ordinal: row.scheduled_offset_micros for row in (await controller.rows(lease))[0]}
            for lease in ("one", "two")
        ]
    assert one == two
    gaps = {b - a for a, b in zip(sorted(one.values()), sorted(one.values())[1:], strict=False)}
    assert len(gaps) > 100


async def test_capped_open_loop_sends_late_arrivals_in_order_with_their_times(controller, start_agent):
    async with serve(Behavior(ttft_ms=20)) as server, start_agent(workers=1):
        await controller.begin(grant(server.url, rate=1000, arrival=1, max_concurrency=2, request_count=60))
        measured, _ = await controller.rows("lease")
    assert sorted(row.ordinal for row in measured) == list(range(60))
    assert all(row.scheduled_offset_micros == row.ordinal * 1000 for row in measured)
    by_start = [row.ordinal for row in sorted(measured, key=lambda row: row.start_offset_micros)]
    assert by_start == list(range(60))
    # 60 requests of 20 ms, two at a time, cannot start within the 60 ms of their schedule.
    assert max(row.start_offset_micros - row.scheduled_offset_micros for row in measured) > 200_000
    assert (await controller.state("lease", "COMPLETED")).health.late_arrivals < 60


async def test_M12_duration_ends_new_starts_and_drains_the_rest(controller, start_agent):
    async with serve(Behavior(ttft_ms=150)) as server, start_agent(workers=2):
        await controller.begin(grant(server.url, concurrency=4, duration_micros=400_000))
        measured, _ = await controller.rows("lease")
        update = await controller.state("lease", "COMPLETED")
    assert len(measured) >= 8
    assert {row.status for row in measured} == {OK}
    assert max(row.start_offset_micros for row in measured) < 400_000 <= update.ramp_down_offset_micros
    assert update.end_offset_micros >= max(row.start_offset_micros + row.e2e_micros for row in measured)
    assert len({row.ordinal for row in measured}) == len(measured)


async def test_duration_of_an_open_loop(controller, start_agent):
    async with serve(Behavior()) as server, start_agent(workers=2):
        await controller.begin(grant(server.url, rate=300, arrival=1, duration_micros=300_000))
        measured, _ = await controller.rows("lease")
    assert sorted(row.ordinal for row in measured) == list(range(90))


async def test_cancel_keeps_what_was_measured(controller, start_agent):
    async with serve(Behavior(ttft_ms=5, itl_ms=1)) as server, start_agent(workers=2):
        await controller.begin(grant(server.url, concurrency=4, request_count=1_000_000))
        await controller.until(lambda: len(controller.batches) >= 4)
        server.behavior = Behavior(ttft_ms=60_000)
        await controller.until(
            lambda: controller.heartbeats[-1].leases and controller.heartbeats[-1].leases[0].in_flight
        )
        await controller.send(lease_cancel=agent_pb2.LeaseCancel(lease_id="lease", reason="test"))
        measured, _ = await controller.rows("lease", "CANCELLED")
    statuses = Counter(row.status for row in measured)
    assert statuses[OK] > 0
    assert 0 < statuses[CANCELLED] <= 4
    assert len({row.ordinal for row in measured}) == len(measured)


async def test_cancel_while_warming_up(controller, start_agent):
    async with serve(Behavior(ttft_ms=60_000)) as server, start_agent(workers=1):
        await controller.send(lease_grant=grant(server.url, concurrency=2, request_count=10, warmup_count=2))
        await controller.state("lease", "PREPARING")
        while not server.requests:
            await asyncio.sleep(0.01)
        await controller.send(lease_cancel=agent_pb2.LeaseCancel(lease_id="lease", reason="test"))
        update = await controller.state("lease", "CANCELLED")
    assert update.last_batch_number == 0


async def test_cancelled_cap_says_how_many_arrivals_were_never_sent(controller, start_agent):
    async with serve(Behavior(ttft_ms=60_000)) as server, start_agent(workers=1):
        await controller.begin(grant(server.url, rate=1000, arrival=1, max_concurrency=1, request_count=100_000))
        await controller.until(
            lambda: controller.heartbeats[-1].leases and controller.heartbeats[-1].leases[0].in_flight
        )
        await controller.send(lease_cancel=agent_pb2.LeaseCancel(lease_id="lease", reason="test"))
        update = await controller.state("lease", "CANCELLED")
    assert any("arrivals were due but never sent" in note for note in update.notes)


async def test_more_shares_than_concurrency_leaves_one_agent_idle(controller, start_agent):
    async with serve(Behavior()) as server, start_agent(workers=2):
        await controller.begin(grant(server.url, shares=(1, 2), concurrency=1, request_count=10))
        measured, _ = await controller.rows("lease")
    assert measured == []


async def test_target_that_is_away_fails_the_lease_with_host_and_port(controller, start_agent):
    async with serve(Behavior()) as server:
        port = server.port
    async with start_agent(workers=2):
        await controller.send(lease_grant=grant(f"http://127.0.0.1:{port}", concurrency=4, request_count=8))
        update = await controller.state("lease", "FAILED")
    assert f"127.0.0.1:{port}" in update.error
    assert "refused" in update.error


async def test_controller_gone_in_mid_run_gets_every_sample_exactly_once(controller, start_agent):
    async with serve(Behavior(ttft_ms=1)) as server, start_agent(workers=2):
        await controller.begin(grant(server.url, concurrency=4, request_count=2500))
        await controller.until(lambda: controller.batches)
        controller.acknowledging = False
        seen = len(controller.batches)
        await controller.until(lambda: len(controller.batches) > seen)
        await controller.stop()
        await asyncio.sleep(0.3)
        controller.acknowledging = True
        await controller.start()
        measured, _ = await controller.rows("lease")
    assert sorted(row.ordinal for row in measured) == list(range(2500))
    assert max(controller.received.values()) > 1  # what was not acknowledged came again
    assert [lease.lease_id for lease in controller.registers[1].leases] == ["lease"]


async def test_lost_batch_is_resent(controller, start_agent):
    async with serve(Behavior()) as server, start_agent(workers=1):
        controller.lose = {("lease", 2), ("lease", 3)}
        await controller.begin(grant(server.url, concurrency=8, request_count=4000))
        measured, _ = await controller.rows("lease")
    assert sorted(row.ordinal for row in measured) == list(range(4000))
    assert controller.received["lease", 2] > 1


async def test_uplink_memory_holds_load_back_and_drops_nothing(controller, start_agent):
    settings = {"LOADCELL_UPLINK_MEMORY_MB": "1", "LOADCELL_SPOOL_MB": "0"}
    async with serve(Behavior()) as server, start_agent(workers=1, **settings) as agent:
        controller.acknowledging = False
        load = grant(server.url, concurrency=16, request_count=20_000, workload={"output_len": 60})
        await controller.begin(load)
        await controller.until(lambda: '"full": true' in agent.log)
        controller.acknowledging = True
        await controller.stop()
        await controller.start()
        measured, _ = await controller.rows("lease")
    assert sorted(row.ordinal for row in measured) == list(range(20_000))


async def test_sigterm_in_mid_run_delivers_what_was_measured(controller, start_agent):
    async with serve(Behavior(ttft_ms=5)) as server, start_agent(workers=2) as agent:
        await controller.begin(grant(server.url, concurrency=4, request_count=1_000_000))
        await controller.until(lambda: controller.batches)
        agent.process.terminate()
        measured, _ = await controller.rows("lease", "CANCELLED")
        await agent.process.wait()
    assert len({row.ordinal for row in measured}) == len(measured) > 0


async def test_workers_die_with_a_killed_main_process(controller, start_agent):
    async with start_agent(workers=2, exit_status=-signal.SIGKILL) as agent:
        workers = agent.workers()
        assert len(workers) == 2
        agent.process.kill()
        await agent.process.wait()
        for worker in workers:
            await asyncio.to_thread(worker.wait, 10)


async def test_silent_controller_is_dialled_again(controller, start_agent):
    async with serve(Behavior()) as server, start_agent(workers=1):
        controller.answering = False
        await controller.until(lambda: len(controller.registers) > 1)
        controller.answering = True
        await controller.begin(grant(server.url, concurrency=1, request_count=5))
        measured, _ = await controller.rows("lease")
    assert len(measured) == 5


async def test_agent_waits_for_a_controller_that_is_not_there_yet(controller, start_agent, tmp_path):
    async def start_once_it_is_missed():
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
        await agent.process.wait()
        assert "agent tested has connected from elsewhere" in agent.log


async def test_F5_errors_of_the_server_are_samples_and_the_level_goes_on(controller, start_agent):
    async with serve(Behavior(server_error_rate=0.2, reset_rate=0.1)) as server, start_agent(workers=2):
        await controller.begin(grant(server.url, concurrency=4, request_count=300))
        measured, _ = await controller.rows("lease")
    assert sorted(row.ordinal for row in measured) == list(range(300))
    assert {row.status for row in measured} == {1, 2}


async def test_unknown_adapter_fails_the_lease(controller, start_agent):
    load = grant("http://127.0.0.1:9", concurrency=1, request_count=1)
    load.target.adapter = "carrier-pigeon"
    async with start_agent(workers=1):
        await controller.send(lease_grant=load)
        update = await controller.state("lease", "FAILED")
    assert "carrier-pigeon" in update.error


async def test_dataset_is_fetched_and_its_rows_are_sent(controller, start_agent):
    import hashlib

    rows = b"".join(b'{"prompt": "question %d", "output_len": %d}\n' % (n, n + 1) for n in range(60))
    digest = hashlib.sha256(rows).hexdigest()
    controller.assets[digest] = rows
    async with serve(Behavior()) as server, start_agent(workers=2):
        await controller.begin(
            grant(server.url, concurrency=2, request_count=120, workload={"dataset_asset": digest})
        )
        measured, _ = await controller.rows("lease")
    assert {row.ordinal % 60 + 1 - row.requested_tokens for row in measured} == {0}


async def test_missing_asset_fails_the_lease(controller, start_agent):
    async with start_agent(workers=1):
        workload = {"tokenizer_asset": "0" * 64}
        await controller.send(
            lease_grant=grant("http://127.0.0.1:9", concurrency=1, request_count=1, workload=workload)
        )
        update = await controller.state("lease", "FAILED")
    assert update.error == "the file was not uploaded"
