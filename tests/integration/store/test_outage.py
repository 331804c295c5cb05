"""A database that is away, locked, or lost at the worst moment."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from functools import partial

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from controller.store import database as connections
from controller.store import postgresql_driver, sqlite
from controller.store.database import Database, DatabaseAwayError
from controller.store.migrate import StoreError, open_database
from controller.store.place import parse_place

INSERT = "INSERT INTO assets VALUES ('{0}', 1, 'f', 3, 0)"
COUNT = "SELECT count(*) FROM assets"


def insert(connection, name: str = "a") -> None:
    connection.execute(text(INSERT.format(name)))


LOSE_THE_FIRST_COMMIT = """
CREATE SEQUENCE commits;
CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF nextval('commits') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER lost AFTER INSERT ON assets DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION lose();
"""


async def count(database: Database) -> int:
    return await database.read(lambda c: c.execute(text(COUNT)).scalar_one())


@pytest.fixture
async def database(postgresql_server):
    opened = await open_database(parse_place(postgresql_server.url()))
    yield opened
    await opened.close()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
async def test_calls_wait_for_a_server_that_is_restarted(database, postgresql_server, how):
    await asyncio.to_thread(postgresql_server.stop, how)
    try:
        calls = [asyncio.create_task(database.write(insert)), asyncio.create_task(count(database))]
        await asyncio.wait(calls, timeout=0.3)
        assert not any(call.done() for call in calls)
    finally:
        await asyncio.to_thread(postgresql_server.start)
    await asyncio.gather(*calls)
    assert await count(database) == 1


async def test_patience_ends_and_begins_again(database, postgresql_server, monkeypatch):
    monkeypatch.setattr(connections, "PATIENCE_SECONDS", 0.2)
    await asyncio.to_thread(postgresql_server.stop)
    try:
        for _ in range(2):
            with pytest.raises(DatabaseAwayError):
                await database.write(insert)
    finally:
        await asyncio.to_thread(postgresql_server.start)
    await database.write(insert)
    assert await count(database) == 1


async def lose_the_next_commit(database: Database) -> None:
    """End the session of whoever commits to assets next, while it commits; the one after that is let be."""
    await database.write(lambda c: c.exec_driver_sql(LOSE_THE_FIRST_COMMIT))


async def test_commit_without_an_answer_is_repeated_where_that_does_no_harm(database):
    await lose_the_next_commit(database)
    await database.write(insert, repeatable=True)
    assert await count(database) == 1


async def test_commit_without_an_answer_is_not_repeated_elsewhere(database):
    await lose_the_next_commit(database)
    with pytest.raises(DatabaseAwayError):
        await database.write(insert)
    assert await count(database) == 0


async def test_deadlock_is_tried_again(postgresql_url):
    one, other = [await open_database(parse_place(postgresql_url)) for _ in range(2)]
    await one.write(insert)
    await one.write(partial(insert, name="b"))
    met = [asyncio.Event(), asyncio.Event()]
    loop = asyncio.get_running_loop()
    rounds = [0, 0]

    def cross(connection, me: int) -> None:
        names = "ab" if me == 0 else "ba"
        rounds[me] += 1
        for name in names:
            connection.execute(text(f"UPDATE assets SET size_bytes = size_bytes + 1 WHERE sha256 = '{name}'"))
            loop.call_soon_threadsafe(met[me].set)
            asyncio.run_coroutine_threadsafe(met[1 - me].wait(), loop).result(20)

    await asyncio.gather(one.write(partial(cross, me=0)), other.write(partial(cross, me=1)))
    sizes = await one.read(lambda c: c.execute(text("SELECT size_bytes FROM assets")).scalars().all())
    assert (sizes, sum(rounds)) == ([5, 5], 3)
    await one.close()
    await other.close()


async def test_locked_file_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_SECONDS", 0.05)
    database = await open_database(tmp_path / "x.db")
    holder = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    call = asyncio.create_task(database.write(insert))
    await asyncio.wait([call], timeout=0.5)
    assert not call.done()
    assert await count(database) == 0
    holder.execute("ROLLBACK")
    holder.close()
    await call
    assert await count(database) == 1
    await database.close()


async def test_server_that_was_never_reached_is_not_waited_for(unused_tcp_port, postgresql_url):
    wrong = (
        f"postgresql://u:sesame@127.0.0.1:{unused_tcp_port}/d",
        postgresql_url.replace("sesame", "simsalabim"),
        postgresql_url + "_missing",
    )
    for url, why in zip(wrong, ("refused", "password authentication failed", "does not exist"), strict=True):
        with pytest.raises(StoreError, match=why) as refused:
            await open_database(parse_place(url))
        assert "sesame" not in str(refused.value)
        assert "simsalabim" not in str(refused.value)
        assert "\n" not in str(refused.value)


async def test_changes_are_told_and_told_again_after_a_restart(database, postgresql_server):
    changes = database.changes()
    async with asyncio.timeout(40):
        assert await anext(changes) == ""
        await database.write(lambda c: c.execute(text("SELECT pg_notify('loadcell_runs', 'run-1')")))
        assert await anext(changes) == "run-1"
        await asyncio.to_thread(postgresql_server.stop)
        await asyncio.to_thread(postgresql_server.start)
        assert await anext(changes) == ""
    await changes.aclose()


async def test_others_in_the_way_are_no_outage(database):
    raised = "DO $$ BEGIN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END $$"
    tries = []

    def ask(connection) -> int:
        tries.append(connection)
        if len(tries) < 4:
            connection.execute(text(raised))
        return 7

    with capture_logs() as logged:
        assert await database.read(ask) == 7
    assert (len(tries), logged) == (4, [])


async def test_the_database_may_be_back_for_others_while_one_waits_for_it(tmp_path, monkeypatch):
    opened = await open_database(tmp_path / "x.db")
    tries, carry_out = [], connections._transaction

    def lost_at_first(engine, function):
        tries.append(function)
        if len(tries) == 1:
            raise connections._AgainError(DBAPIError("", None, sqlite3.Error("lost")), unknown=False, away=True)
        return carry_out(engine, function)

    class Others:
        """Another thread has an answer just when this one says that there is none."""

        def warning(self, *_: object, **__: object) -> None:
            opened._reader._away_since = None

    monkeypatch.setattr(connections, "_transaction", lost_at_first)
    monkeypatch.setattr(connections, "log", Others())
    assert await count(opened) == 0
    assert len(tries) == 2
    await opened.close()


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (errors.AdminShutdown(), True),
        (errors.IdleSessionTimeout(), True),
        (errors.IdleInTransactionSessionTimeout(), True),
        (psycopg.OperationalError("the connection is closed"), True),
        (errors.InsufficientPrivilege(), False),
        (errors.LockNotAvailable(), False),
        (sqlite3.OperationalError(), False),
        (None, False),
    ],
)
def test_what_ends_a_connection_is_told_from_what_is_refused(error, lost):
    assert postgresql_driver.lost(error) is lost


async def test_all_who_ask_wait_for_a_server_that_is_restarted_before_they_have_asked(postgresql_server):
    opened = await open_database(parse_place(postgresql_server.url()))
    await asyncio.to_thread(postgresql_server.stop)
    try:
        asked = asyncio.create_task(opened.look_up(lambda c: c.execute(text("SELECT 7")).scalar_one()))
        await asyncio.wait([asked], timeout=0.3)
        assert not asked.done()
    finally:
        await asyncio.to_thread(postgresql_server.start)
    assert await asked == 7
    await opened.close()
