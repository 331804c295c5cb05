"""Opening a database: migrations, what is refused, durability."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert, inspect, text

from controller.store.database import Database
from controller.store.migrate import HEAD, StoreError, alembic_config, open_database, prepare
from controller.store.place import Place, parse_place
from controller.store.schema import assets, metadata
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.v1 import result_pb2

RUN = (
    "INSERT INTO benchmark_runs (run_id, log_request_id, status, state, server_url, model, adapter, config,"
    " needs_secrets, probed, pin_output, words_per_token, created_at, notes)"
    " VALUES ('run', '', 'running', 3, '', '', '', '', false, false, false, 1.0, 0, '[]')"
)
LEASE = (
    "INSERT INTO leases (lease_id, run_key, level, share_index, share_count, agent_id, state, error,"
    " committed_batch_number, last_batch_number, timestamp_source, start_micros, end_offset_micros,"
    " ramp_down_offset_micros, worker_count, notes)"
    " VALUES ('lease', 1, 0, 0, 1, 'agent', 4, '', 0, 0, '', 0, 0, 0, 1, '[]')"
)
AGENT = (
    "INSERT INTO agents (agent_id, hostname, labels, worker_count, software_version, host, kernel_timestamps,"
    " draining, registered_at, last_seen_at) VALUES ('agent', 'h', '{}', 1, '', '{}', true, false, 0, 0)"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A database of either engine in which there is nothing at all."""
    if request.param == "sqlite":
        return tmp_path / "loadcell.db"
    return parse_place(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def connection(place: Place):
    engine = create_engine(f"sqlite:///{place}" if isinstance(place, Path) else place)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def unseen(name: str | None) -> bool:
    """Not part of the metadata: words, for which SQLite has tables of its own kind, and what only one has."""
    return name is not None and name.startswith(("trace_word", "idx_benchmark_runs_time", "idx_rollups_costs"))


def partitions(connection) -> set[str]:
    """What comes and goes by the day is no part of the metadata."""
    if connection.dialect.name == "sqlite":
        return set()
    return set(connection.execute(text("SELECT inhrelid::regclass::text FROM pg_inherits")).scalars())


def differences(connection) -> list[object]:
    ignored = partitions(connection)
    options = {"compare_type": True, "include_name": lambda name, *_: name not in ignored and not unseen(name)}
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def shape(connection) -> dict[str, list[str]]:
    """What every table and index is made of, in whatever order: also what the comparison above does not see."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        found = {name: re.split(r"[\s(),\"]+", sql) for name, sql in rows if name != "sqlite_sequence"}
    else:
        columns = text(
            "SELECT table_name, column_name, data_type, is_nullable, column_default"
            " FROM information_schema.columns WHERE table_schema = 'public'"
        )
        found = {}
        for table, *column in connection.execute(columns):
            found.setdefault(table, []).append(str(column))
        indexes = text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        found |= {name: [definition] for name, definition in connection.execute(indexes)}
        parts = text("SELECT partrelid::regclass::text, pg_get_partkeydef(partrelid) FROM pg_partitioned_table")
        for table, key in connection.execute(parts):
            found[table].append(key)
        found = {name: definition for name, definition in found.items() if name not in partitions(connection)}
    return {name: sorted(parts) for name, parts in found.items() if "alembic_version" not in name}


def test_migrations_give_the_tables_of_the_metadata(connection):
    command.upgrade(alembic_config(connection), "head")
    assert differences(connection) == []
    migrated = shape(connection)
    metadata.drop_all(connection)
    metadata.create_all(connection)
    created = shape(connection)
    assert migrated == created
    for special in ["ROWID"] if connection.dialect.name == "sqlite" else ["nextval", "RANGE (run_key)"]:
        assert any(special in part for parts in created.values() for part in parts)


def test_head_is_the_newest_migration(connection):
    assert ScriptDirectory.from_config(alembic_config(connection)).get_current_head() == HEAD


def test_new_database_is_at_head_without_migrating(connection):
    prepare(connection)
    assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == HEAD
    assert differences(connection) == []
    prepare(connection)


def test_back_to_the_first_revision_and_forward_again_keeps_the_data(connection):
    config = alembic_config(connection)
    command.upgrade(config, "0001")
    for statement in (RUN, LEASE, AGENT):
        connection.execute(text(statement))
    for change, revision in ((command.upgrade, "head"), (command.downgrade, "0001"), (command.upgrade, "head")):
        change(config, revision)
        assert connection.execute(text("SELECT run_id FROM benchmark_runs")).scalar_one() == "run"
        assert connection.execute(text("SELECT lease_id, state FROM leases")).one() == ("lease", 4)
        assert connection.execute(text("SELECT hostname FROM agents")).scalar_one() == "h"
    assert connection.execute(text("SELECT first_ordinal, end_ordinal FROM leases")).one() == (0, None)
    assert differences(connection) == []


def test_files_belong_to_the_projects_whose_runs_use_them(connection):
    config = alembic_config(connection)
    command.upgrade(config, "0019")
    for sha256 in ("used", "also used", "unused"):
        values = {"sha256": sha256, "kind": 2, "filename": "f", "size_bytes": 1, "created_at": 1}
        connection.execute(insert(assets).values(values))
    used = (
        {"dataset_asset": "used"},
        {"dataset_asset": "gone"},
        {"tokenizer_asset": "also used", "project_id": "b"},
    )
    for number, fields in enumerate((*used, {"dataset_asset": "used", "project_id": "b"})):
        connection.execute(text(RUN.replace("'run'", f"'run-{number}'")))
        packed = result_pb2.RunConfig(**fields).SerializeToString()
        update = text("UPDATE benchmark_runs SET config = :config WHERE run_id = :run_id")
        connection.execute(update, {"config": packed, "run_id": f"run-{number}"})
    for change, revision in ((command.upgrade, "head"), (command.downgrade, "0019"), (command.upgrade, "head")):
        change(config, revision)
        assert connection.execute(text("SELECT count(*) FROM assets")).scalar_one() == 3
    rows = connection.execute(text("SELECT sha256, project_id FROM asset_projects")).all()
    assert sorted(map(tuple, rows)) == [("also used", "b"), ("used", "b"), ("used", "default")]


def test_down_to_nothing_with_data_and_up_again(connection):
    config = alembic_config(connection)
    command.upgrade(config, "head")
    for statement in (RUN, LEASE, AGENT):
        connection.execute(text(statement))
    command.downgrade(config, "base")
    assert [name for name in inspect(connection).get_table_names() if name in metadata.tables] == []
    prepare(connection)
    assert connection.execute(text("SELECT count(*) FROM benchmark_runs")).scalar_one() == 0
    assert differences(connection) == []


async def test_newer_database_is_refused(place):
    database = await open_database(place)
    await database.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    await database.close()
    with pytest.raises(StoreError, match=r"newer version of loadcell \(revision 9999"):
        await open_database(place)


async def test_a_clock_far_from_the_servers_is_refused_before_anything_is_made(postgresql_url, monkeypatch):
    place = parse_place(postgresql_url)
    monkeypatch.setattr("controller.store.migrate.wall_micros", lambda: wall_micros() + 7_200_000_000)
    with pytest.raises(StoreError, match=r"the clock of this machine is 7,(200|199) s ahead of the server's"):
        await open_database(place)
    monkeypatch.undo()
    database = await open_database(place)
    await database.close()


async def test_other_databases_are_refused(place):
    database = Database(place)
    await database.write(lambda c: c.execute(text("CREATE TABLE benchmark_runs (id TEXT)")))
    await database.close()
    with pytest.raises(StoreError, match="is not a loadcell database"):
        await open_database(place)


async def test_a_database_that_says_no_revision_is_refused(place):
    database = await open_database(place)
    await database.write(lambda c: c.execute(text("DELETE FROM alembic_version")))
    await database.close()
    with pytest.raises(StoreError, match="says no revision of its tables"):
        await open_database(place)


async def test_other_files_are_refused(tmp_path):
    (tmp_path / "y.db").write_text("not a database at all")
    with pytest.raises(StoreError, match="file is not a database"):
        await open_database(tmp_path / "y.db")


async def test_several_processes_may_open_an_empty_database_together(place):
    databases = await asyncio.gather(*(open_database(place) for _ in range(4)))
    for database in databases:
        await database.close()


async def test_write_rolls_back_what_raises_and_closed_database_refuses(place):
    database = await open_database(place)

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


async def test_commits_to_a_file_survive_the_process(tmp_path):
    database = await open_database(tmp_path / "x.db")
    mode = await database.write(
        lambda c: [c.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    )
    assert mode == ["wal", 1]  # a commit is in the hands of the operating system before it is acknowledged
    await database.close()
