"""What has reached its age goes, in small steps that may end anywhere; everything else stays."""

from __future__ import annotations

import asyncio
import threading

import pytest
from sqlalchemy import insert, select, text

from controller.events.kinds import RUN_STATE, make_event
from controller.retention import Ages, retain, retain_once
from controller.store import retention, samples, texts
from controller.store.database import Database
from controller.store.events import record_events
from controller.store.full_text import searched
from controller.store.migrate import open_database
from controller.store.partitions import PARTITIONED, create_ahead, list_partitions
from controller.store.retention import Left, expire_rollups
from controller.store.run_keys import first_key
from controller.store.schema import benchmark_runs, trace_errors, trace_timelines, traces
from controller.store.schema_queries import feedback, rollups
from controller.store.texts import insert_texts
from loadcell.errors import LoadcellError
from loadcell.stats.rollup import DAY, HOUR, MINUTE
from loadcell.v1 import event_pb2

DAY_MICROS = DAY * 1_000_000
NOW = 20_000 * DAY_MICROS + 5 * HOUR * 1_000_000
AGES = Ages(requests=90, minutes=37, hours=210, days=1095)
REQUESTS = 25
TABLES = ("traces", "trace_timelines", "trace_errors", "trace_texts", "feedback")


def add_run(connection, days_ago: int, *, run_key: int | None = None, status: str = "completed") -> int:
    """Store a run that was created so long ago, with requests and everything that belongs to them."""
    created_at = NOW - days_ago * DAY_MICROS
    run_key = first_key(created_at) if run_key is None else run_key
    run = dict.fromkeys(("log_request_id", "server_url", "model", "adapter"), "") | {
        "run_key": run_key,
        "run_id": f"run-{run_key}",
        "status": status,
        "state": 3,
        "config": b"",
        "needs_secrets": False,
        "probed": True,
        "pin_output": False,
        "words_per_token": 1.0,
        "created_at": created_at,
        "notes": "[]",
        "result": b"kept",
    }
    connection.execute(insert(benchmark_runs), run)
    zeros = dict.fromkeys((c.name for c in traces.c if not c.nullable), 0)
    keys = [
        {"run_key": run_key, "level": n % 2, "warmup": 0, "ordinal": n, "lease_key": 7} for n in range(REQUESTS)
    ]
    connection.execute(insert(traces), [zeros | key | {"ts": created_at} for key in keys])
    connection.execute(insert(trace_timelines), [key | {"timeline": b"x"} for key in keys])
    connection.execute(insert(trace_errors), [key | {"error_class": 1, "message": "m"} for key in keys])
    connection.execute(insert(feedback), [key | {"comment": "good", "created_at": 1} for key in keys])
    insert_texts(connection, [(created_at, (*key.values(), "how long", f"{days_ago} days")) for key in keys])
    for grain in (MINUTE, HOUR, DAY):
        values = dict.fromkeys((c.name for c in rollups.c), 0)
        values |= dict.fromkeys(("durations", "ttfts", "costs", "tokens"), b"") | {"error_classes": "{}"}
        bucket = created_at // (grain * 1_000_000)
        connection.execute(insert(rollups), values | {"grain": grain, "bucket": bucket, "context_key": run_key})
    return run_key


@pytest.fixture
async def database(place, monkeypatch):
    monkeypatch.setattr(retention, "DELETE_ROWS", 10)
    monkeypatch.setattr(samples, "DELETE_ROWS", 10)
    monkeypatch.setattr(retention, "ROLLUPS_AT_ONCE", 2)
    monkeypatch.setattr("controller.retention.OTHERS_SECONDS", 0.01)
    monkeypatch.setattr(texts, "KEYS_AT_ONCE", 10)
    database = await open_database(place)
    # Partitions of these days are there in PostgreSQL, those of the others are not.
    await database.write(lambda c: create_ahead(c, NOW - 95 * DAY_MICROS))
    yield database
    await database.close()


async def kept(database: Database) -> dict[str, list[int]]:
    """Runs that have rows in each table; all of their rows, or none."""

    def read(connection) -> dict[str, list[int]]:
        found = {}
        for table in TABLES:
            counts = connection.execute(text(f"SELECT run_key, count(*) FROM {table} GROUP BY run_key ORDER BY 1"))
            found[table] = [key for key, count in counts if count == REQUESTS]
        search = select(traces.c.run_key).where(searched(connection, "io", "long days")).distinct()
        found["words"] = sorted(connection.execute(search).scalars())
        return found

    return await database.read(read)


def everything(*runs: int) -> dict[str, list[int]]:
    return dict.fromkeys((*TABLES, "words"), sorted(runs))


async def test_requests_go_and_runs_with_their_results_stay(database):
    ago = (400, 95, 94, 91, 90, 89, 0)
    keys = await database.write(lambda c: [add_run(c, days) for days in ago])
    await retain_once(database, AGES, NOW)
    assert await kept(database) == everything(*keys[4:])
    results = select(benchmark_runs.c.run_key).where(benchmark_runs.c.result == b"kept")
    assert set(await database.read(lambda c: c.execute(results).scalars().all())) == set(keys)
    for table in PARTITIONED:
        for partition in await database.read(lambda c, t=table: list_partitions(c, t)):
            assert partition.end > first_key(NOW - 90 * DAY_MICROS)
    await retain_once(database, AGES, NOW)
    assert await kept(database) == everything(*keys[4:])


async def test_partitions_of_the_days_to_come_are_created(database):
    await retain_once(database, AGES, NOW)
    parts = [await database.read(lambda c, t=t: list_partitions(c, t)) for t in PARTITIONED]
    tomorrow = first_key(NOW + DAY_MICROS)
    if database.tells:
        assert all(any(part.first == tomorrow for part in found) for found in parts)
    else:
        assert not any(parts)


async def test_run_that_goes_on_keeps_its_requests(database):
    old, active, later = await database.write(
        lambda c: [add_run(c, 200), add_run(c, 150, status="running"), add_run(c, 120)]
    )
    await retain_once(database, AGES, NOW)
    assert await kept(database) == everything(active, later)
    end = text("UPDATE benchmark_runs SET status = 'completed'")
    await database.write(lambda c: c.execute(end))
    await retain_once(database, AGES, NOW)
    assert await kept(database) == everything()
    assert old < active


async def test_runs_whose_keys_tell_no_day_are_kept_by_when_they_were_created(database):
    await database.write(lambda c: [add_run(c, 300, run_key=1), add_run(c, 89, run_key=2)])
    await retain_once(database, AGES, NOW)
    assert await kept(database) == everything(2)


async def test_each_grain_of_rollups_has_its_own_age(database):
    ago = (1200, 1096, 1095, 211, 210, 38, 37, 1)
    await database.write(lambda c: [add_run(c, days) for days in ago])

    async def left(grain: int) -> list[int]:
        query = select(rollups.c.bucket).where(rollups.c.grain == grain)
        buckets = await database.read(lambda c: c.execute(query).scalars().all())
        return sorted((NOW // 1_000_000 - bucket * grain) // DAY for bucket in buckets)

    await retain_once(database, AGES, NOW)
    assert [await left(grain) for grain in (MINUTE, HOUR, DAY)] == [
        [1, 37],
        [1, 37, 38, 210],
        [1, 37, 38, 210, 211, 1095],
    ]


async def test_zero_keeps_for_ever(database):
    keys = await database.write(lambda c: [add_run(c, days) for days in (5000, 1)])
    await retain_once(database, Ages(0, 0, 0, 0), NOW)
    assert await kept(database) == everything(*keys)
    assert await database.read(lambda c: len(c.execute(select(rollups.c.grain)).all())) == 6


async def test_step_that_was_stopped_halfway_is_gone_on_with(database, monkeypatch):
    keys = await database.write(lambda c: [add_run(c, days) for days in (400, 93, 92, 3)])
    write, calls = database.write, 0

    async def dying(function, *, repeatable=False):
        nonlocal calls
        calls += 1
        if calls % 3 == 0 and calls < 20:

            def undone(connection) -> None:
                function(connection)
                raise LoadcellError("DATABASE_ERROR", "stopped in the middle of it")

            return await write(undone)
        return await write(function, repeatable=repeatable)

    monkeypatch.setattr(database, "write", dying)
    died = 0
    while True:
        try:
            await retain_once(database, AGES, NOW)
            break
        except LoadcellError:
            died += 1
    monkeypatch.setattr(database, "write", write)
    assert died == 6
    assert await kept(database) == everything(keys[3])


async def test_two_controllers_do_it_at_once(database, place):
    keys = await database.write(lambda c: [add_run(c, days) for days in (400, 93, 92, 3)])
    other = await open_database(place)
    try:
        await asyncio.gather(*(retain_once(one, AGES, NOW) for one in (database, other)))
    finally:
        await other.close()
    assert await kept(database) == everything(keys[3])


async def test_events_are_stored_while_something_is_deleted(database, place):
    """Each kind of work has a lock of its own: who stores events and who deletes do not wait for each other."""
    keys = await database.write(lambda c: [add_run(c, days) for days in (400, 3)])
    if not database.tells:
        return  # SQLite has one writer for everything
    event = make_event(RUN_STATE, "", event_pb2.RunStateEvent(run_id="r"), NOW)
    storing, deleted = threading.Event(), threading.Event()

    def store(connection) -> None:
        record_events(connection, [event])
        storing.set()
        assert deleted.wait(30)

    other = await open_database(place)
    try:
        stored = asyncio.create_task(other.write(store))
        await asyncio.to_thread(storing.wait, 30)
        await asyncio.wait_for(retain_once(database, AGES, NOW), 20)
        deleted.set()
        await stored
    finally:
        deleted.set()
        await other.close()
    assert await kept(database) == everything(keys[1])


async def test_what_another_controller_left_halfway_is_gone_on_with_at_once(database, place, monkeypatch):
    keys = await database.write(lambda c: [add_run(c, days) for days in (400, 3)])
    if not database.tells:
        return
    began, seen, write = threading.Event(), threading.Event(), database.write

    def die(connection) -> None:
        expire_rollups(connection, MINUTE, 0)
        began.set()
        assert seen.wait(30)
        raise LoadcellError("DATABASE_ERROR", "the other controller was killed")

    async def watched(function, *, repeatable=False):
        left = await write(function, repeatable=repeatable)
        if left is Left.OTHERS:
            seen.set()
        return left

    monkeypatch.setattr(database, "write", watched)
    other = await open_database(place)
    try:
        dying = asyncio.create_task(other.write(die))
        await asyncio.to_thread(began.wait, 30)
        await retain_once(database, AGES, NOW)
        with pytest.raises(LoadcellError, match="killed"):
            await dying
    finally:
        seen.set()
        await other.close()
    assert await kept(database) == everything(keys[1])


@pytest.mark.parametrize(
    ("ages", "lost"),
    [(AGES, False), (Ages(0, 37, 210, 0), False), (Ages(90, 37, 30, 90), False), (Ages(0, 1, 1, 9), True)]
    + [(Ages(*days, 29), True) for days in ((30, 1, 1), (1, 30, 1), (1, 1, 30))],
)
async def test_settings_that_lose_days_are_told_at_the_start(place, ages, lost, capsys):
    database = await open_database(place)
    task = asyncio.create_task(retain(database, ages))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    await database.close()
    assert ("retention_loses_days" in capsys.readouterr().out) is lost
