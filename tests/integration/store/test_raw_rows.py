"""Rows of the driver are read as others are: in time, in one transaction, again when the server was lost."""

from __future__ import annotations

import asyncio
import threading
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from sqlalchemy import Connection, Text, bindparam, event, func, literal_column, select, text
from sqlalchemy.exc import DBAPIError

from controller.store.database import READER_THREADS
from controller.store.migrate import open_database
from controller.store.place import parse_place
from controller.store.raw_rows import raw_pages, raw_rows
from controller.store.schema_queries import contexts
from controller.store.traces import limits
from controller.store.traces.limits import bounded
from loadcell.errors import LoadcellError

NUMBERS = text("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000) SELECT x FROM n")


async def test_rows_and_pages_are_those_of_a_statement(open_one):
    database = await open_one()
    wanted = [(number,) for number in range(1, 100_001)]
    assert await database.read(lambda c: list(raw_rows(c, NUMBERS))) == wanted
    pages = await database.read(lambda c: list(raw_pages(c, NUMBERS, {}, held=True)))
    assert len(pages) > 1
    assert [row for page in pages for row in page] == wanted


async def test_values_are_given_by_name_and_others_are_of_the_statement(open_one):
    database = await open_one()
    statement = select(literal_column("1") + bindparam("one"), bindparam("other", "kept"), bindparam("one"))
    for one in (1, 2):
        asked = {"one": one, "of another statement": 3}
        assert await database.read(lambda c, a=asked: list(raw_rows(c, statement, a))) == [(1 + one, "kept", one)]


async def test_what_fails_fails_as_any_statement_does(open_one):
    database = await open_one()
    with pytest.raises(LoadcellError) as refused:
        await database.read(lambda c: raw_rows(c, text("SELECT * FROM nothing_that_there_is")))
    assert refused.value.reason == "DATABASE_ERROR"
    assert isinstance(refused.value.__cause__, DBAPIError)
    assert await database.read(lambda c: list(raw_rows(c, select(contexts.c.context_key)))) == []


async def test_a_question_may_end_while_its_rows_are_read(open_one, monkeypatch):
    database = await open_one()
    clock = 1_000.0
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: clock))

    def question(connection) -> None:
        nonlocal clock
        with bounded(connection, 10.0):
            clock = 1_010.5
            raw_rows(connection, NUMBERS)

    with pytest.raises(LoadcellError) as refused:
        await database.read(question)
    assert refused.value.reason == "REQUEST_TIMEOUT"


async def test_who_listens_for_statements_hears_of_them(open_one):
    database = await open_one()
    heard = []

    def read(connection) -> None:
        event.listen(connection, "before_cursor_execute", lambda *said: heard.append(said[2]))
        raw_rows(connection, select(contexts.c.context_key))

    await database.read(read)
    assert ["contexts" in statement for statement in heard] == [True]


def _terminated(connection) -> None:
    raw_rows(connection, text("SELECT pg_terminate_backend(pg_backend_pid())"))


def _closed(connection) -> None:
    connection.connection.driver_connection.close()


@pytest.mark.parametrize("lose", [_terminated, _closed])
@pytest.mark.parametrize("question", [bounded, nullcontext])
async def test_a_question_is_asked_again_when_its_connection_was_lost(postgresql_url, lose, question):
    database = await open_database(parse_place(postgresql_url))
    tries = []

    def ask(connection):
        tries.append(connection)
        if len(tries) == 1:
            lose(connection)
        with question(connection):
            return list(raw_rows(connection, select(literal_column("7"))))

    try:
        assert await database.read(ask) == [(7,)]
    finally:
        await database.close()
    assert len(tries) == 2


async def test_when_the_server_was_away_no_connection_of_before_is_tried(postgresql_url):
    database = await open_database(parse_place(postgresql_url))
    together = threading.Barrier(READER_THREADS)
    tries = []

    def meet(connection):
        together.wait(60)  # so each has a connection of its own
        raw_rows(connection, select(literal_column("1")))

    def ask(connection):
        tries.append(connection)
        return list(raw_rows(connection, select(literal_column("7"))))

    def end_others(connection):
        others = "pid <> pg_backend_pid() AND datname = current_database() AND application_name = 'loadcell'"
        connection.execute(text(f"SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE {others}"))

    try:
        await asyncio.gather(*(database.read(meet) for _ in range(READER_THREADS)))
        await database.write(end_others)
        assert await database.read(ask) == [(7,)]
    finally:
        await database.close()
    assert len(tries) == 2


_NAMES = ("transaction_isolation", "transaction_read_only", "statement_timeout")
SETTINGS = select(*map(func.current_setting, _NAMES))


# When the transaction of a statement began, and whether it is open in between.
BEGAN = select(func.transaction_timestamp() < func.statement_timestamp(), func.transaction_timestamp().cast(Text))


def _paged(connection, statement):
    return [row for page in raw_pages(connection, statement, {}, held=False) for row in page]


@pytest.mark.parametrize(("question", "bound"), [(bounded, "10s"), (nullcontext, "0")])
@pytest.mark.parametrize("read", [raw_rows, _paged, Connection.execute])
async def test_a_question_of_postgresql_sees_one_state_and_changes_nothing(postgresql_url, question, bound, read):
    def ask(connection):
        with question(connection):
            told = [tuple(row) for row in read(connection, SETTINGS)]
            (first,), (second,) = (list(read(connection, BEGAN)) for _ in range(2))
            assert second[0]
            assert first[1] == second[1]
            return told

    database = await open_database(parse_place(postgresql_url))
    try:
        for _ in range(2 * READER_THREADS):  # the bound of one is none of the next
            assert await database.read(ask) == [("repeatable read", "on", bound)]
            with pytest.raises(LoadcellError):
                await database.read(lambda c: read(c, text("SELECT * FROM nothing_that_there_is")))
        with pytest.raises(LoadcellError) as refused:
            await database.read(lambda c: raw_rows(c, text("CREATE TABLE changed (by_a_question INTEGER)")))
    finally:
        await database.close()
    assert "read-only" in str(refused.value.__cause__)
