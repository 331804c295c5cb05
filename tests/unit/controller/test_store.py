"""The database: migrations, query plans, durability and what it refuses."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, inspect, text

from controller.store import runs
from controller.store.migrate import HEAD, StoreError, alembic_config, open_database, prepare
from controller.store.runs import RunFilter
from controller.store.samples import read_page, read_samples
from controller.store.schema import metadata
from loadcell.errors import LoadcellError


@pytest.fixture
def connection(tmp_path: Path):
    engine = create_engine(f"sqlite:///{tmp_path}/x.db")
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def differences(connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return compare_metadata(context, metadata)


def shape(connection) -> dict[str, list[str]]:
    """What every table and index is made of, in whatever order: also what the comparison above does not see."""
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    ours = {name: sql for name, sql in rows if name not in ("alembic_version", "sqlite_sequence")}
    return {name: sorted(re.split(r"[\s(),\"]+", sql)) for name, sql in ours.items()}


def test_migrations_give_the_tables_of_the_metadata(connection):
    command.upgrade(alembic_config(connection), "head")
    assert differences(connection) == []
    migrated = shape(connection)
    for name in migrated:
        if name in metadata.tables:
            connection.execute(text(f"DROP TABLE {name}"))
    metadata.create_all(connection)
    created = shape(connection)
    assert migrated == created
    assert "ROWID" in created["traces"]


def test_head_is_the_newest_migration(connection):
    assert ScriptDirectory.from_config(alembic_config(connection)).get_current_head() == HEAD


def test_new_database_is_at_head_without_migrating(connection):
    prepare(connection)
    assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == HEAD
    assert differences(connection) == []
    prepare(connection)


def test_down_and_up_again_with_data(connection):
    config = alembic_config(connection)
    command.upgrade(config, "head")
    connection.execute(text("INSERT INTO assets VALUES ('a', 1, 'f', 3, 0)"))
    command.downgrade(config, "base")
    assert [name for name in inspect(connection).get_table_names() if name in metadata.tables] == []
    prepare(connection)
    assert connection.execute(text("SELECT count(*) FROM assets")).scalar_one() == 0
    assert differences(connection) == []


async def test_newer_database_is_refused(tmp_path):
    path = tmp_path / "x.db"
    await (await open_database(path)).close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(StoreError, match=r"newer version of loadcell \(revision 9999"):
        await open_database(path)


async def test_other_databases_are_refused(tmp_path):
    path = tmp_path / "x.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE benchmark_runs (id TEXT)")
    database.close()
    with pytest.raises(StoreError, match="is not a loadcell database"):
        await open_database(path)
    (tmp_path / "y.db").write_text("not a database at all")
    with pytest.raises(StoreError, match="file is not a database"):
        await open_database(tmp_path / "y.db")


async def test_two_processes_may_open_an_empty_file_together(tmp_path):
    databases = await asyncio.gather(*(open_database(tmp_path / "x.db") for _ in range(4)))
    for database in databases:
        await database.close()


async def test_write_rolls_back_what_raises_and_closed_database_refuses(tmp_path):
    database = await open_database(tmp_path / "x.db")

    def half(connection) -> None:
        connection.execute(text("INSERT INTO assets VALUES ('a', 1, 'f', 3, 0)"))
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        await database.write(half)
    assert await database.read(lambda c: c.execute(text("SELECT count(*) FROM assets")).scalar_one()) == 0
    with pytest.raises(LoadcellError) as failed:
        await database.read(lambda c: c.execute(text("SELECT * FROM nothing")))
    assert failed.value.reason == "DATABASE_ERROR"
    await database.close()
    with pytest.raises(LoadcellError) as stopped:
        await database.read(lambda c: None)
    assert stopped.value.reason == "SERVICE_UNAVAILABLE"


async def test_commits_survive_the_process(tmp_path):
    database = await open_database(tmp_path / "x.db")
    mode = await database.write(
        lambda c: [c.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    )
    assert mode == ["wal", 1]  # a commit is in the hands of the operating system before it is acknowledged
    await database.close()


@pytest.mark.parametrize(
    ("filters", "after", "index"),
    [
        (RunFilter(), None, "idx_benchmark_runs_created_at"),
        (RunFilter(), (5, 5), "idx_benchmark_runs_created_at"),
        (RunFilter(status="failed"), None, "idx_benchmark_runs_status_created"),
        (RunFilter(status="failed"), (5, 5), "idx_benchmark_runs_status_created"),
        (RunFilter(model="m"), None, "idx_benchmark_runs_model"),
    ],
)
async def test_lists_use_their_documented_index(tmp_path, filters, after, index):
    plans = await plans_of(tmp_path, lambda c: runs.list_runs(c, filters, limit=10, after=after))
    assert any(index in line for line in plans), plans


async def test_counts_and_upkeep_use_an_index(tmp_path):
    for question in (runs.count_by_status, runs.list_active, lambda c: runs.count_runs(c, RunFilter(status="x"))):
        plans = await plans_of(tmp_path, question)
        assert any("idx_benchmark_runs_status" in line for line in plans), plans


async def test_rows_of_a_level_are_one_range(tmp_path):
    for question in (
        lambda c: read_samples(c, 1, 0, {}),
        lambda c: read_page(c, 1, 0, {}, after=(0, 5, 1), limit=10),
    ):
        plans = await plans_of(tmp_path, question)
        assert any("SEARCH traces USING PRIMARY KEY (run_key=? AND level=?" in line for line in plans), plans
        assert not any("TEMP B-TREE" in line for line in plans), plans


async def plans_of(folder: Path, question) -> list[str]:
    """Run a question and return SQLite's plan of every statement it made."""
    database = await open_database(folder / "x.db")

    def ask(connection) -> list[str]:
        statements: list[tuple[str, object]] = []

        def keep(_connection, _cursor, statement, parameters, _context, _many) -> None:
            if statement.startswith("SELECT"):
                statements.append((statement, parameters))

        event.listen(connection, "before_cursor_execute", keep)
        question(connection)
        event.remove(connection, "before_cursor_execute", keep)
        return [
            row[3]
            for statement, parameters in statements
            for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)
        ]

    try:
        return await database.read(ask)
    finally:
        await database.close()
