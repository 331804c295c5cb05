"""Rollups after runs were deleted are what the requests left give by brute force."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter

import pytest
from sqlalchemy import delete, insert, select, text

from controller.store import samples
from controller.store.deletion import begin_deletion, delete_some
from controller.store.migrate import open_database
from controller.store.rollups import add_rollups, rollup_of
from controller.store.rollups_subtraction import ROLLED_UP, roll_up_rows
from controller.store.samples import delete_some_requests
from controller.store.schema import benchmark_runs, trace_errors, trace_timelines, traces
from controller.store.schema_queries import feedback, rollups
from loadcell.stats.packed import merge_groups
from loadcell.stats.rollup import DAY, HOUR, MINUTE, Rollup, at_every_grain
from tests.patience import PATIENCE_SECONDS

START = 20_000 * DAY * 1_000_000 + 23 * HOUR * 1_000_000


def row(run_key: int, ordinal: int, ts: int, pick: random.Random) -> dict[str, object]:
    """A request of a run, of one of two contexts, within two days."""
    measured = dict.fromkeys((c.name for c in traces.c), 0)
    return measured | {
        "run_key": run_key,
        "level": ordinal % 2,
        "warmup": int(ordinal % 10 == 9),
        "ordinal": ordinal,
        "lease_key": run_key,
        "finish_reason": None,
        "ts": ts,
        "context_key": 1 + run_key % 2,
        "status": pick.choice([1, 1, 1, 2, 3, 4]),
        "error_class": pick.randrange(1, 4),
        "e2e_micros": pick.randrange(1, 10**7),
        "ttft_micros": pick.randrange(-1, 10**6),
        "prompt_tokens": pick.randrange(-1, 3),
        "completion_tokens": pick.randrange(-1, 500),
        "prompt_cost": pick.choice([-1, 0, 7]),
        "completion_cost": pick.randrange(-1, 10**6),
    }


def fill(connection, runs: list[int], count: int, seed: int = 1) -> None:
    pick = random.Random(seed)
    for run_key in runs:
        rows = [row(run_key, n, START + pick.randrange(3 * HOUR * 1_000_000), pick) for n in range(count)]
        connection.execute(insert(traces), rows)
        add_rollups(connection, roll_up_rows([[one[c.name] for c in ROLLED_UP] for one in rows]))


def by_grain(minutes: list[Rollup]) -> dict[tuple[int, int, int], Rollup]:
    return {one.key: one for one in at_every_grain(minutes)}


def stored(connection) -> dict[tuple[int, int, int], Rollup]:
    return {one.key: one for one in map(rollup_of, connection.execute(select(rollups)))}


def left(connection) -> dict[tuple[int, int, int], Rollup]:
    return by_grain(roll_up_rows(connection.execute(select(*ROLLED_UP)).all()))


@pytest.fixture
async def database(place):
    database = await open_database(place)
    yield database
    await database.close()


async def remove(database, run_key: int) -> int:
    steps = 1
    while await database.write(lambda c: delete_some_requests(c, run_key)):
        steps += 1
    return steps


async def test_what_is_left_is_what_brute_force_gives(database, monkeypatch):
    monkeypatch.setattr(samples, "DELETE_ROWS", 70)
    runs = [1, 2, 3, 4, 5]
    await database.write(lambda c: fill(c, runs, 200))
    assert await database.read(stored) == await database.read(left)
    for run_key in (3, 1, 4, 2):
        assert await remove(database, run_key) == 3
        found, expected = await database.read(stored), await database.read(left)
        assert found == expected
    # By brute force in every sense, without any code of rollups.
    rows = await database.read(lambda c: c.execute(select(traces)).mappings().all())
    assert {one["run_key"] for one in rows} == {5}
    ended = [one for one in rows if one["status"] in (1, 2)]
    days = [one for key, one in found.items() if key[0] == DAY]
    assert sum(one.ok_count for one in days) == sum(one["status"] == 1 for one in ended)
    assert sum(one.completion_cost for one in days) == sum(max(0, one["completion_cost"]) for one in ended)
    assert sum((one.error_classes for one in days), Counter()) == Counter(
        one["error_class"] for one in ended if one["status"] == 2
    )
    durations = [one["e2e_micros"] for one in ended if one["status"] == 1]
    assert min(one.duration_min for one in days) == min(durations)
    assert max(one.duration_max for one in days) == max(durations)
    assert merge_groups([one.durations for one in days], [0] * len(days), 1).counts.tolist() == [len(durations)]
    await remove(database, 5)
    assert await database.read(stored) == {}


async def test_deletion_that_was_interrupted_goes_on(database, monkeypatch):
    monkeypatch.setattr(samples, "DELETE_ROWS", 70)
    await database.write(lambda c: fill(c, [1, 2, 3], 200))

    def crash(connection) -> None:
        delete_some_requests(connection, 1)
        raise ConnectionAbortedError

    assert await database.write(lambda c: delete_some_requests(c, 1))
    with pytest.raises(ConnectionAbortedError):
        await database.write(crash)
    assert await database.read(stored) == await database.read(left)
    assert await remove(database, 1) == 2
    assert await database.read(stored) == await database.read(left)


async def test_what_retention_has_deleted_is_not_taken_out_twice(database):
    """Minutes are kept for less long than requests, and rollups of days for longer."""
    await database.write(lambda c: fill(c, [1, 3, 5], 200))
    whole = await database.read(stored)
    await database.write(lambda c: c.execute(delete(rollups).where(rollups.c.grain == MINUTE)))
    await remove(database, 1)
    expected = {key: one for key, one in (await database.read(left)).items() if key[0] != MINUTE}
    assert await database.read(stored) == expected
    # The requests of a run that are gone already still count, and so may have the longest duration.
    await database.write(lambda c: c.execute(delete(traces).where(traces.c.run_key == 3)))
    await remove(database, 5)
    await remove(database, 3)
    last = await database.read(stored)
    assert sum(one.ok_count for key, one in last.items() if key[0] == DAY) > 0
    for key, one in last.items():
        assert whole[key].duration_min <= one.duration_min
        assert one.duration_max <= whole[key].duration_max


async def test_everything_of_the_requests_goes(database, monkeypatch):
    monkeypatch.setattr(samples, "DELETE_ROWS", 30)
    key = {"level": 0, "warmup": 0, "lease_key": 1}

    def more(connection) -> None:
        fill(connection, [1, 2], 50)
        for run_key in (1, 2):
            keys = [key | {"run_key": run_key, "ordinal": n} for n in range(100)]
            connection.execute(insert(trace_timelines), [one | {"timeline": b"x"} for one in keys])
            connection.execute(insert(trace_errors), [one | {"error_class": 1, "message": "m"} for one in keys])
            connection.execute(insert(feedback), {**keys[0], "comment": "good", "created_at": 1})

    await database.write(more)
    assert await remove(database, 1) == 4
    for table, count in (("traces", 50), ("trace_timelines", 100), ("trace_errors", 100), ("feedback", 1)):
        query = text(f"SELECT count(*), min(run_key) FROM {table}")
        assert await database.read(lambda c, q=query: tuple(c.execute(q).one())) == (count, 2)


async def test_what_two_controllers_delete_is_taken_out_once(database, place):
    def begin(connection) -> None:
        values = {c.name: b"" if c.name == "config" else 0 for c in benchmark_runs.c if not c.nullable}
        words = dict.fromkeys(
            ("run_id", "log_request_id", "status", "server_url", "model", "adapter", "notes"), "x"
        )
        flags = dict.fromkeys(("needs_secrets", "probed", "pin_output", "baseline"), False)
        connection.execute(insert(benchmark_runs), values | words | flags | {"run_key": 1, "remark": ""})
        for run_key in (1, 3):  # with the same requests, so that nothing but the sums tells
            fill(connection, [run_key], 50)
        begin_deletion(connection, 1, "one", 60.0)

    await database.write(begin)
    deleted, followed = threading.Event(), threading.Event()

    def first(connection) -> bool:
        more = delete_some(connection, 1, "one", 60.0)
        deleted.set()
        assert followed.wait(PATIENCE_SECONDS)
        return more

    other = await open_database(place)
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    try:
        one = asyncio.create_task(database.write(first))
        assert await asyncio.to_thread(deleted.wait, PATIENCE_SECONDS)
        two = asyncio.create_task(other.write(lambda c: delete_some(c, 1, "other", 60.0)))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while database.tells and not await database.read(lambda c: c.execute(waiting).scalar_one()):
                await asyncio.sleep(0.02)
        followed.set()
        assert await asyncio.gather(one, two) == [False, False]
    finally:
        followed.set()
        await other.close()
    assert await database.read(stored) == await database.read(left)
