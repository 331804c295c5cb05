"""Decoding batches and committing them exactly once."""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.ingest import committer as committing
from controller.ingest import decode as decoding
from controller.ingest.committer import MAX_WAITING, Committer
from controller.ingest.decode import CorruptBatchError, decode, rows
from controller.store.leases import get_lease, insert_leases
from controller.store.migrate import open_database
from controller.store.origins import Origin
from controller.store.records import LeaseRecord
from controller.store.samples import read_samples
from loadcell.errors import LoadcellError
from loadcell.sketches import to_message
from loadcell.stats.pricing import Price, PriceList
from loadcell.stats.sketch import bucket_counts
from loadcell.v1 import agent_pb2, sample_pb2


def minimal(ordinals: list[int], **more: object) -> sample_pb2.SampleColumns:
    n = len(ordinals)
    return sample_pb2.SampleColumns(
        **{
            "row_count": n,
            "ordinal": ordinals,
            "scheduled_offset_micros": [0] * n,
            "start_offset_micros": [-5] * n,
            "status": [sample_pb2.SAMPLE_STATUS_OK] * n,
            **more,
        }
    )


def packed(message: sample_pb2.SampleColumns) -> tuple[bytes, int]:
    data = message.SerializeToString()
    return data, zlib.crc32(data)


def test_left_out_columns_get_their_defaults():
    batch = decode(*packed(minimal([3, 4])))
    arrays = batch.arrays
    assert arrays.ordinal.tolist() == [3, 4]
    assert arrays.start_offset_micros.tolist() == [-5, -5]
    for name in ("dns_micros", "ttft_micros", "reasoning_tokens", "cached_tokens", "finish_reason", "tpot_micros"):
        assert getattr(arrays, name).tolist() == [-1, -1], name
    for name in ("warmup", "stall_count", "reused", "coalesced_reads", "error_class", "client_delay_micros"):
        assert getattr(arrays, name).tolist() == [0, 0], name


@pytest.mark.parametrize(
    "wrong",
    [
        {"row_count": 0},
        {"row_count": 3},
        {"row_count": decoding.MAX_ROWS + 1},
        {"ordinal": [-1, 0]},
        {"status": [0, 1]},
        {"status": [-1, 1]},
        {"warmup": [2, 0]},
        {"ttft_micros": [1]},
        {"ttft_micros": [-2, 0]},
        {"ttft_micros": [2**60, 0]},
        {"tpot_micros": [float("nan"), 0]},
        {"tpot_micros": [1.0]},
        {"finish_reason": [0, -1]},
        {"timelines": [b"x"]},
        {"errors": [sample_pb2.SampleError(row=2, message="x")]},
    ],
)
def test_wrong_lengths_and_values_are_refused(wrong):
    with pytest.raises(CorruptBatchError):
        decode(*packed(minimal([1, 2], **wrong)))


def test_values_of_a_newer_agent_are_kept():
    newer = {"status": [1, 99], "error_class": [0, 77], "token_source": [12, 0]}
    arrays = decode(*packed(minimal([1, 2], **newer))).arrays
    for name, values in newer.items():
        assert getattr(arrays, name).tolist() == values, name


def test_sketch_that_cannot_be_used_costs_no_rows():
    good, other = to_message("itl", bucket_counts(np.array([1.0]))), sample_pb2.Sketch(metric="icl", accuracy=0.5)
    batch = decode(*packed(minimal([1, 2], sketches=[other, good, other])))
    assert len(batch.arrays) == 2
    assert batch.sketches == [good]
    assert batch.notes == ["sketch 'icl' has accuracy 0.5, not 0.005: its values are left out"]
    many = decode(*packed(minimal([1], sketches=[good] * (decoding.MAX_SKETCHES + 1))))
    assert len(many.sketches) == decoding.MAX_SKETCHES
    assert many.notes


def test_each_request_has_the_price_of_the_day_it_began_on():
    first = date(2026, 3, 1)
    day = (first - date(1970, 1, 1)).days
    prices = PriceList([Price(first, "p", "m", 1_000, 10), Price(first + timedelta(1), "p", "m", 9_000, 90)])
    offsets = [-2_000_000, 0, 1_000_000, 600_000_000, -1]
    tokens = {"prompt_tokens": [1000, 1000, 2000, 1000, -1], "completion_tokens": [1000] * 5}
    batch = decode(*packed(minimal([0, 1, 2, 3, 4], **tokens | {"start_offset_micros": offsets})))
    origin = Origin((day + 1) * 86_400_000_000 - 1_000_000, 1, "p", "m")
    stored = rows(batch, origin, prices, run_key=1, level=0, lease_key=1, batch_number=1)
    assert [row[-2:] for row in stored.traces] == [(1_000, 10), (1_000, 10), (18_000, 90), (9_000, 90), (-1, 10)]
    assert sum(rollup.prompt_cost for rollup in stored.rollups) == 29_000


def test_wrong_bytes_are_refused():
    data, crc = packed(minimal([1]))
    with pytest.raises(CorruptBatchError, match="checksum"):
        decode(data, crc ^ 1)
    with pytest.raises(CorruptBatchError, match="not a SampleColumns"):
        decode(b"\xff\xff", zlib.crc32(b"\xff\xff"))
    big = b"\x00" * (decoding.MAX_BYTES + 1)
    with pytest.raises(CorruptBatchError, match="at most"):
        decode(big, zlib.crc32(big))


@given(st.binary(max_size=200))
def test_no_bytes_break_the_decoder(data):
    try:
        batch = decode(data, zlib.crc32(data))
    except CorruptBatchError:
        return
    # An empty batch stands for one that its agent has lost.
    assert len(batch.arrays) == sample_pb2.SampleColumns.FromString(data).row_count


def test_long_texts_are_cut():
    message = minimal(
        [1],
        status=[sample_pb2.SAMPLE_STATUS_ERROR],
        finish_reason=[0],
        finish_reasons=["r" * 1000],
        errors=[sample_pb2.SampleError(row=0, message="m" * 1000)],
    )
    batch = decode(*packed(message))
    assert len(batch.errors[0][1]) == decoding.MAX_MESSAGE
    assert len(batch.finish_reasons[0]) == decoding.MAX_FINISH_REASON


def sent(number: int, lease: str = "lease") -> agent_pb2.StreamSamplesRequest:
    data, crc = packed(minimal([10 * number + row for row in range(3)]))
    return agent_pb2.StreamSamplesRequest(
        agent_id="agent", lease_id=lease, batch_number=number, columns=data, crc32=crc
    )


LEASE = LeaseRecord(0, "lease", 1, 0, 0, 1, "agent", agent_pb2.LEASE_STATE_RUNNING)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.lists(st.integers(1, 6), max_size=25),
    restarts=st.sets(st.integers(0, 25), max_size=3),
    together=st.booleans(),
)
def test_any_order_of_resends_gives_each_row_exactly_once(tmp_path_factory, order, restarts, together):
    """Whatever arrives in whatever order, and whenever the controller forgets everything: a prefix, once each."""
    asyncio.run(
        _any_order(tmp_path_factory.mktemp("store") / "x.db", [*order, 1, 2, 3, 4, 5, 6], restarts, together)
    )


async def _any_order(path: Path, order: list[int], restarts: set[int], together: bool) -> None:
    database = await open_database(path)
    await database.write(_store_run)
    committed: list[int] = []
    committer = Committer(database, lambda _lease, number, _batch: committed.append(number), "me")
    worker = asyncio.create_task(committer.run())
    expected, answers = 0, []
    for position, number in enumerate(order):
        if position in restarts:
            await asyncio.gather(*answers)
            committer.forget(["lease"])
        answer = await committer.accept(sent(number))
        answers.append(answer)
        if not together:
            await answer
        if number == expected + 1:
            expected = number
    acks = await asyncio.gather(*answers)
    assert expected == 6
    assert committed == [1, 2, 3, 4, 5, 6]
    assert committer.totals.samples == 18
    reached = 0
    for number, ack in zip(order, acks, strict=True):
        if number <= reached + 1:
            reached = max(reached, number)
            assert not ack.refused_reason
            assert ack.committed_batch_number >= number
        else:
            assert (ack.refused_reason, ack.refused_batch_number) == ("BATCH_GAP", number)
    arrays, _ = await database.read(lambda c: read_samples(c, 1, 0, {1: 0}))
    assert sorted(arrays.ordinal.tolist()) == [10 * n + row for n in range(1, 7) for row in range(3)]
    assert (await database.read(lambda c: get_lease(c, "lease"))).committed_batch_number == 6
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    committer.close()
    await database.close()


def _store_run(connection) -> None:
    connection.exec_driver_sql(
        "INSERT INTO benchmark_runs (run_key, run_id, log_request_id, status, state, server_url, model, adapter,"
        " config, needs_secrets, probed, pin_output, words_per_token, created_at, notes)"
        " VALUES (1, 'run', '', 'running', 3, '', '', '', x'', 0, 0, 0, 1.0, 0, '[]')"
    )
    connection.exec_driver_sql(
        "INSERT INTO run_levels (run_key, level, plan, start_micros, finished) VALUES (1, 0, x'', 1000000, 0)"
    )
    insert_leases(connection, [LEASE])


async def test_database_that_fails_loses_nothing(tmp_path):
    """The senders are told, reconnect and begin again after what is stored."""
    database = await open_database(tmp_path / "x.db")
    await database.write(_store_run)
    committer = Committer(database, lambda *_: None, "me")
    worker = asyncio.create_task(committer.run())
    assert (await (await committer.accept(sent(1)))).committed_batch_number == 1
    await database.write(lambda c: c.exec_driver_sql("ALTER TABLE traces RENAME TO away"))
    with pytest.raises(LoadcellError) as failed:
        await (await committer.accept(sent(2)))
    assert failed.value.reason == "DATABASE_ERROR"
    await database.write(lambda c: c.exec_driver_sql("ALTER TABLE away RENAME TO traces"))
    assert (await (await committer.accept(sent(3)))).refused_reason == "BATCH_GAP"
    assert (await (await committer.accept(sent(2)))).committed_batch_number == 2
    assert (await (await committer.accept(sent(3)))).committed_batch_number == 3
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    committer.close()
    await database.close()


async def test_fold_that_fails_does_not_stop_ingest(tmp_path):
    def broken(_lease, number, _batch) -> None:
        if number == 1:
            raise RuntimeError("fold")

    database = await open_database(tmp_path / "x.db")
    await database.write(_store_run)
    committer = Committer(database, broken, "me")
    worker = asyncio.create_task(committer.run())
    for number in (1, 2):
        assert (await (await committer.accept(sent(number)))).committed_batch_number == number
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    committer.close()
    await database.close()


async def test_place_of_a_batch_that_fails_on_its_way_is_free_again(tmp_path):
    """As many more batches as there are places find room, though one failed while it held a place."""
    database = await open_database(tmp_path / "x.db")
    await database.write(_store_run)
    committer = Committer(database, lambda *_: None, "me")
    for number in range(1, MAX_WAITING + 1):
        await committer.accept(sent(number))
    late = asyncio.create_task(committer.accept(sent(MAX_WAITING + 1)))
    while not committer._slots._waiters:
        await asyncio.sleep(0.001)
    committer.forget(["lease"])
    await database.write(lambda c: c.exec_driver_sql("ALTER TABLE leases RENAME TO away"))
    worker = asyncio.create_task(committer.run())
    with pytest.raises(LoadcellError):
        await late
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    await database.write(lambda c: c.exec_driver_sql("ALTER TABLE away RENAME TO leases"))
    async with asyncio.timeout(20):
        for number in range(1, MAX_WAITING + 1):
            await committer.accept(sent(number))
    committer.close()
    await database.close()


async def test_what_is_known_of_leases_is_bounded(tmp_path, monkeypatch):
    """Those used longest ago are forgotten and read again; nothing is lost and nothing counted twice."""
    monkeypatch.setattr(committing, "MAX_LEASES", 2)
    database = await open_database(tmp_path / "x.db")
    await database.write(_store_run)
    others = [replace(LEASE, lease_id=f"lease-{number}", share_index=number) for number in (1, 2, 3)]
    await database.write(lambda c: insert_leases(c, others))
    committer = Committer(database, lambda *_: None, "me")
    worker = asyncio.create_task(committer.run())
    for number in (1, 2, 3):
        for lease in ("lease", "lease-1", "lease-2", "lease-3"):
            request = sent(number)
            request.lease_id = lease
            assert (await (await committer.accept(request))).committed_batch_number == number
            assert len(committer._leases) <= 3
    assert committer.totals.samples == 4 * 9
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    committer.close()
    await database.close()
