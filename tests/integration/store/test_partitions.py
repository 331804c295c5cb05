"""PostgreSQL: requests lie in partitions of their day, however they came there."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from controller.store.migrate import alembic_config, open_database, prepare
from controller.store.partitions import DAYS_AHEAD, PARTITIONED, create_ahead, drop, list_partitions
from controller.store.place import parse_place
from controller.store.run_keys import first_key
from loadcell.clock import wall_micros

DAY_MICROS = 86_400 * 1_000_000
NOON = 20_000 * DAY_MICROS + DAY_MICROS // 2
ZEROS = ", 0" * 26
ROWS = {
    "traces": f"INSERT INTO traces VALUES (:key, 0, 0, :ordinal, 1{ZEROS}, 'stop', 7, 1, -1, -1)",
    "trace_timelines": "INSERT INTO trace_timelines VALUES (:key, 0, 0, :ordinal, 1, 'x')",
    "trace_errors": "INSERT INTO trace_errors VALUES (:key, 0, 0, :ordinal, 1, 3, 'refused')",
}
ALL_ROWS = ROWS | {
    "trace_texts": "INSERT INTO trace_texts VALUES (:key, 0, 0, :ordinal, 1, 'ask', 'answer')",
    "trace_words": "INSERT INTO trace_words VALUES (:key, 0, 0, :ordinal, 1, 9, 'iask oanswer')",
}


@pytest.fixture
def connection(postgresql_url):
    engine = create_engine(parse_place(postgresql_url))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def insert(connection, key: int, ordinal: int = 0, rows: dict[str, str] = ROWS) -> None:
    for statement in rows.values():
        connection.execute(text(statement), {"key": key, "ordinal": ordinal})


def places(connection, table: str) -> list[tuple[int, str]]:
    """Where the rows are, by their key."""
    question = f"SELECT run_key, tableoid::regclass::text FROM {table} ORDER BY run_key, ordinal"
    return [tuple(row) for row in connection.execute(text(question))]


def test_requests_lie_in_the_partition_of_their_day(connection):
    prepare(connection)
    create_ahead(connection, NOON)
    keys = [5, first_key(NOON), first_key(NOON + DAY_MICROS) - 1, first_key(NOON + DAYS_AHEAD * DAY_MICROS)]
    for key in keys:
        insert(connection, key, rows=ALL_ROWS)
    for table in ALL_ROWS:
        expected = zip(keys, ("default", "20241004", "20241004", "20241011"), strict=True)
        assert places(connection, table) == [(key, f"{table}_{part}") for key, part in expected]


def test_creating_again_adds_only_the_days_that_came(connection):
    prepare(connection)
    before = [list_partitions(connection, table) for table in PARTITIONED]
    now = wall_micros()
    create_ahead(connection, now)
    assert [len(found) for found in before] == [DAYS_AHEAD + 1] * len(PARTITIONED)
    create_ahead(connection, now + 2 * DAY_MICROS)
    after = [list_partitions(connection, table) for table in PARTITIONED]
    for old, new in zip(before, after, strict=True):
        assert new[: len(old)] == old
        assert len(new) >= len(old) + 2
        assert all(one.end == next_.first for one, next_ in pairwise(new))


def test_day_with_rows_in_the_default_partition_stays_there(connection):
    prepare(connection)
    insert(connection, first_key(NOON))
    create_ahead(connection, NOON)
    insert(connection, first_key(NOON), 1)
    for table in ROWS:
        assert [name for _, name in places(connection, table)] == [f"{table}_default"] * 2
    days = len(list_partitions(connection, PARTITIONED[0]))
    assert days == 2 * (DAYS_AHEAD + 1) - 1  # of today as of then, that one day is missing


@pytest.mark.parametrize("key", [3, first_key(NOON) + 7, first_key(wall_micros())])
def test_earlier_databases_keep_their_rows_there_and_back(connection, key):
    config = alembic_config(connection)
    command.upgrade(config, "0005")
    insert(connection, key, 1)
    insert(connection, 1, 2)
    prepare(connection)
    tomorrow = first_key(wall_micros() + DAY_MICROS)
    insert(connection, tomorrow)
    for table in ROWS:
        found = places(connection, table)
        assert found[:2] == sorted([(key, f"{table}_earlier"), (1, f"{table}_earlier")])
        assert found[2][0] == tomorrow
        assert found[2][1] not in (f"{table}_earlier", f"{table}_default")
    # The indexes were taken over: none was built again but those that a later migration changed.
    names = connection.execute(text("SELECT indexname FROM pg_indexes WHERE tablename = 'traces_earlier'"))
    assert set(names.scalars()) == {
        "traces_earlier_context_key_ts_idx",
        "traces_earlier_pkey",
        "idx_traces_ts_earlier",
        "idx_traces_context_earlier",
        "traces_earlier_ts_context_key_status_idx",
        "traces_earlier_ts_context_key_status_idx1",
    }
    command.downgrade(config, "0005")
    for table in ROWS:
        assert places(connection, table) == [(1, table), (key, table), (tomorrow, table)]
    command.upgrade(config, "head")
    assert len(places(connection, "traces")) == 3


def test_empty_database_of_an_earlier_version_gets_no_partition_for_what_was_before(connection):
    command.upgrade(alembic_config(connection), "0005")
    prepare(connection)
    assert "earlier" not in {one.name for table in PARTITIONED for one in list_partitions(connection, table)}


async def test_two_controllers_create_the_same_partitions_at_once(postgresql_url):
    place = parse_place(postgresql_url)
    databases = [await open_database(place) for _ in range(2)]
    later = wall_micros() + 30 * DAY_MICROS
    await asyncio.gather(*(each.write(lambda c: create_ahead(c, later)) for each in databases))
    found = await databases[0].read(lambda c: list_partitions(c, PARTITIONED[0]))
    assert len(found) == len({one.name for one in found}) == 2 * (DAYS_AHEAD + 1)
    for each in databases:
        await each.close()


async def test_partition_that_is_being_read_is_dropped_later(postgresql_url):
    place = parse_place(postgresql_url)
    database = await open_database(place)
    engine = create_engine(place)
    partition = (await database.read(lambda c: list_partitions(c, PARTITIONED[0])))[-1]
    with engine.begin() as reader:
        reader.execute(text("SELECT count(*) FROM traces"))
        assert not await database.write(lambda c: drop(c, partition))
    assert await database.write(lambda c: drop(c, partition))
    assert partition not in await database.read(lambda c: list_partitions(c, PARTITIONED[0]))
    engine.dispose()
    await database.close()
