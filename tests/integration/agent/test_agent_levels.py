"""What leases do on an agent that lives on: levels of every kind, their ends, and what they are refused for."""

import asyncio
import hashlib
import json
from collections import Counter

import pytest
from fake_controller import grant

from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.server import serve
from loadcell.v1 import agent_pb2
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")

OK, CANCELLED = 1, 3


@pytest.fixture
def controller(shared_controller):
    return shared_controller


def in_flight(controller, lease):
    """Requests in flight of a lease, by the last heartbeat."""
    return sum(one.in_flight for one in controller.heartbeats[-1].leases if one.lease_id == lease)


async def test_closed_loop_runs_every_ordinal_once_over_all_workers(controller, lease):
    async with serve(Behavior(), keep_bodies=True) as server:
        await controller.begin(grant(server.url, lease, concurrency=5, request_count=703, warmup_count=7))
        measured, warm = await controller.rows(lease)
    assert sorted(row.ordinal for row in measured) == list(range(703))
    assert sorted(row.ordinal for row in warm) == list(range(7))
    assert {row.status for row in measured + warm} == {OK}
    assert {row.completion_tokens for row in measured} == {5}
    # Warm-up is over the same path and before the level.
    assert all(row.start_offset_micros < 0 for row in warm)
    assert all(row.start_offset_micros >= row.scheduled_offset_micros >= 0 for row in measured)
    update = await controller.state(lease, "COMPLETED")
    assert update.worker_count == 2
    assert 0 < update.ramp_down_offset_micros <= update.end_offset_micros
    assert update.health.reads == sum(row.read_count for row in measured) > 703
    assert update.health.cpu_share > 0
    # No two requests have the same prompt, warm-up included.
    prompts = [json.loads(body)["messages"][0]["content"] for body in server.bodies]
    assert len(set(prompts)) == len(prompts) == 710


async def test_M19_the_warm_up_is_load_like_any_other(controller, lease):
    """Streamed over the same connections, as many at once, with prompts and lengths of the same kind."""
    async with serve(Behavior(ttft_ms=100), keep_bodies=True) as server:
        await controller.begin(grant(server.url, lease, workers=1, concurrency=3, request_count=9, warmup_count=6))
        measured, warm = await controller.rows(lease)
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


async def test_two_agents_split_a_level_exactly(controller, lease):
    async with serve(Behavior()) as server:
        for share in (0, 1):
            await controller.begin(
                grant(server.url, f"{lease}-{share}", shares=(share, 2), concurrency=3, request_count=101)
            )
        rows = [await controller.rows(f"{lease}-{share}") for share in (0, 1)]
    ordinals = [[row.ordinal for row in measured] for measured, _ in rows]
    assert all(ordinal % 3 % 2 == share for share in (0, 1) for ordinal in ordinals[share])
    assert sorted(ordinals[0] + ordinals[1]) == list(range(101))


async def test_M10_open_loop_keeps_its_schedule_however_slow_the_server(controller, lease):
    async with serve(Behavior(ttft_ms=300)) as server:
        await controller.begin(grant(server.url, lease, rate=200, arrival=1, request_count=100))
        measured, _ = await controller.rows(lease)
    assert sorted(row.ordinal for row in measured) == list(range(100))
    assert all(row.scheduled_offset_micros == row.ordinal * 5000 for row in measured)
    assert all(row.start_offset_micros >= row.scheduled_offset_micros for row in measured)
    # 100 arrivals took half a second although each answer took 300 ms: they did not wait for one another.
    assert {row.status for row in measured} == {OK}


async def test_M3_an_open_loop_does_not_connect_under_load(controller, lease):
    async with serve(Behavior(ttft_ms=400)) as server:
        await controller.begin(
            grant(server.url, lease, workers=1, rate=400, arrival=1, request_count=160, warmup_count=2)
        )
        measured, warm = await controller.rows(lease)
    assert len(measured) == 160
    assert all(row.connect_micros in {None, -1} for row in measured + warm)


async def test_poisson_arrivals_are_those_of_the_seed(controller, lease):
    async with serve(Behavior()) as server:
        for workers in (1, 2):
            await controller.begin(
                grant(server.url, f"{lease}-{workers}", workers=workers, rate=500, arrival=2, request_count=150)
            )
        one, two = [
            {row.ordinal: row.scheduled_offset_micros for row in (await controller.rows(f"{lease}-{workers}"))[0]}
            for workers in (1, 2)
        ]
    assert one == two
    gaps = {b - a for a, b in zip(sorted(one.values()), sorted(one.values())[1:], strict=False)}
    assert len(gaps) > 100


async def test_capped_open_loop_sends_late_arrivals_in_order_with_their_times(controller, lease):
    async with serve(Behavior(ttft_ms=20)) as server:
        await controller.begin(
            grant(server.url, lease, workers=1, rate=1000, arrival=1, max_concurrency=2, request_count=60)
        )
        measured, _ = await controller.rows(lease)
    assert sorted(row.ordinal for row in measured) == list(range(60))
    assert all(row.scheduled_offset_micros == row.ordinal * 1000 for row in measured)
    by_start = [row.ordinal for row in sorted(measured, key=lambda row: row.start_offset_micros)]
    assert by_start == list(range(60))
    # 60 requests of 20 ms, two at a time, cannot start within the 60 ms of their schedule.
    assert max(row.start_offset_micros - row.scheduled_offset_micros for row in measured) > 200_000
    assert (await controller.state(lease, "COMPLETED")).health.late_arrivals < 60


async def test_M12_duration_ends_new_starts_and_drains_the_rest(controller, lease):
    async with serve(Behavior(ttft_ms=150)) as server:
        await controller.begin(grant(server.url, lease, concurrency=4, duration_micros=400_000))
        measured, _ = await controller.rows(lease)
        update = await controller.state(lease, "COMPLETED")
    assert len(measured) >= 8
    assert {row.status for row in measured} == {OK}
    assert max(row.start_offset_micros for row in measured) < 400_000 <= update.ramp_down_offset_micros
    assert update.end_offset_micros >= max(row.start_offset_micros + row.e2e_micros for row in measured)
    assert len({row.ordinal for row in measured}) == len(measured)


async def test_duration_of_an_open_loop(controller, lease):
    async with serve(Behavior()) as server:
        await controller.begin(grant(server.url, lease, rate=300, arrival=1, duration_micros=300_000))
        measured, _ = await controller.rows(lease)
    assert sorted(row.ordinal for row in measured) == list(range(90))


async def test_cancel_keeps_what_was_measured(controller, lease):
    async with serve(Behavior(ttft_ms=5, itl_ms=1)) as server:
        await controller.begin(grant(server.url, lease, concurrency=4, request_count=1_000_000))
        await controller.until(lambda: [given for given, _ in controller.batches].count(lease) >= 4)
        server.behavior = Behavior(ttft_ms=60_000)
        await controller.until(lambda: in_flight(controller, lease))
        await controller.send(lease_cancel=agent_pb2.LeaseCancel(lease_id=lease, reason="test"))
        measured, _ = await controller.rows(lease, "CANCELLED")
    statuses = Counter(row.status for row in measured)
    assert statuses[OK] > 0
    assert 0 < statuses[CANCELLED] <= 4
    assert len({row.ordinal for row in measured}) == len(measured)


async def test_cancel_while_warming_up(controller, lease):
    async with serve(Behavior(ttft_ms=60_000)) as server:
        await controller.send(
            lease_grant=grant(server.url, lease, workers=1, concurrency=2, request_count=10, warmup_count=2)
        )
        await controller.state(lease, "PREPARING")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not server.requests:
                await asyncio.sleep(0.01)
        await controller.send(lease_cancel=agent_pb2.LeaseCancel(lease_id=lease, reason="test"))
        update = await controller.state(lease, "CANCELLED")
    assert update.last_batch_number == 0


async def test_cancelled_cap_says_how_many_arrivals_were_never_sent(controller, lease):
    async with serve(Behavior(ttft_ms=60_000)) as server:
        await controller.begin(
            grant(server.url, lease, workers=1, rate=1000, arrival=1, max_concurrency=1, request_count=100_000)
        )
        await controller.until(lambda: in_flight(controller, lease))
        await controller.send(lease_cancel=agent_pb2.LeaseCancel(lease_id=lease, reason="test"))
        update = await controller.state(lease, "CANCELLED")
    assert any("arrivals were due but never sent" in note for note in update.notes)


async def test_more_shares_than_concurrency_leaves_one_agent_idle(controller, lease):
    async with serve(Behavior()) as server:
        await controller.begin(grant(server.url, lease, shares=(1, 2), concurrency=1, request_count=10))
        measured, _ = await controller.rows(lease)
    assert measured == []


async def test_target_that_is_away_fails_the_lease_with_host_and_port(controller, lease):
    async with serve(Behavior()) as server:
        port = server.port
    await controller.send(lease_grant=grant(f"http://127.0.0.1:{port}", lease, concurrency=4, request_count=8))
    update = await controller.state(lease, "FAILED")
    assert f"127.0.0.1:{port}" in update.error
    assert "refused" in update.error


async def test_lost_batch_is_resent(controller, lease):
    async with serve(Behavior()) as server:
        controller.lose = {(lease, 2), (lease, 3)}
        await controller.begin(grant(server.url, lease, workers=1, concurrency=8, request_count=4000))
        measured, _ = await controller.rows(lease)
    assert sorted(row.ordinal for row in measured) == list(range(4000))
    assert controller.received[lease, 2] > 1


async def test_F5_errors_of_the_server_are_samples_and_the_level_goes_on(controller, lease):
    async with serve(Behavior(server_error_rate=0.2, reset_rate=0.1)) as server:
        await controller.begin(grant(server.url, lease, concurrency=4, request_count=300))
        measured, _ = await controller.rows(lease)
    assert sorted(row.ordinal for row in measured) == list(range(300))
    assert {row.status for row in measured} == {1, 2}


async def test_unknown_adapter_fails_the_lease(controller, lease):
    load = grant("http://127.0.0.1:9", lease, workers=1, concurrency=1, request_count=1)
    load.target.adapter = "carrier-pigeon"
    await controller.send(lease_grant=load)
    update = await controller.state(lease, "FAILED")
    assert "carrier-pigeon" in update.error


async def test_dataset_is_fetched_and_its_rows_are_sent(controller, lease):
    rows = b"".join(b'{"prompt": "question %d", "output_len": %d}\n' % (n, n + 1) for n in range(60))
    digest = hashlib.sha256(rows).hexdigest()
    controller.assets[digest] = rows
    async with serve(Behavior()) as server:
        await controller.begin(
            grant(server.url, lease, concurrency=2, request_count=120, workload={"dataset_asset": digest})
        )
        measured, _ = await controller.rows(lease)
    assert {row.ordinal % 60 + 1 - row.requested_tokens for row in measured} == {0}


async def test_missing_asset_fails_the_lease(controller, lease):
    load = grant(
        "http://127.0.0.1:9", lease, concurrency=1, request_count=1, workload={"tokenizer_asset": "0" * 64}
    )
    await controller.send(lease_grant=load)
    update = await controller.state(lease, "FAILED")
    assert update.error == "the file was not uploaded"
