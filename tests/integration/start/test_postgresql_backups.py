"""Backups of PostgreSQL: every row, where it was, in a file that is put back whole or not at all."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, text

from controller.store.backup import back_up, restore
from controller.store.migrate import HEAD, alembic_config, prepare
from controller.store.partitions import list_partitions
from controller.store.place import Place, parse_place
from controller.store.run_keys import first_key, next_key
from controller.store.schema import traces
from controller.store.upkeep import UpkeepError
from loadcell.clock import wall_micros
from tests.integration.store.previous_release import record

VALUES = {
    "integer": 1,
    "number": float("nan"),
    "text": "tab\t\\N é\n",
    "bytes": bytes(range(256)),
    "boolean": True,
}


@pytest.fixture
def new_place(_postgresql) -> Callable[[], Place]:
    """Give an empty database each time."""
    return lambda: parse_place(_postgresql.url())


@contextmanager
def connected(place: Place) -> Iterator[Connection]:
    engine = create_engine(place)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def fill(connection: Connection) -> None:
    """Store a row in every table, and one of today."""
    prepare(connection)
    connection.execute(text("DELETE FROM model_pricing"))
    today = first_key(wall_micros())
    for name, table in record()["tables"].items():
        kinds = dict(column.split(":") for column in table["columns"].split())
        row = {column: VALUES[kind] for column, kind in kinds.items()}
        places = ", ".join(f":{column}" for column in row)
        for values in (row, row | {"run_key": today}) if name == "traces" else (row,):
            connection.execute(text(f"INSERT INTO {name} ({', '.join(row)}) VALUES ({places})"), values)
    connection.execute(text("INSERT INTO trace_words SELECT 1, 1, 1, 1, 1, 1, CAST('ia ob' AS tsvector)"))
    next_key(connection, wall_micros())


def content(connection: Connection) -> dict[str, list[str]]:
    """What is in a database: the rows of each partition and table, and where the sequences are.

    Columns have no order: migrations add them at the end.
    """
    names = text(
        "SELECT oid::regclass::text, relkind FROM pg_class WHERE relkind IN ('r', 'S')"
        " AND relnamespace = 'public'::regnamespace"
    )
    return {
        name: sorted(connection.execute(text(f"SELECT CAST(to_jsonb(x) AS text) FROM {name} AS x")).scalars())
        if kind == "r"
        else [str(connection.execute(text(f"SELECT last_value, is_called FROM {name}")).one())]
        for name, kind in connection.execute(names).all()
    }


def test_every_row_comes_back_to_where_it_was(new_place, tmp_path):
    old, new = new_place(), new_place()
    with connected(old) as connection:
        fill(connection)
        before = content(connection)
        for table in record()["tables"]:
            assert any(rows for name, rows in before.items() if name.startswith(table)), table
        # A partition that a new database does not have, and a table of somebody else.
        end = list_partitions(connection, traces)[-1].end
        bounds = f"FROM ({end}) TO ({end + 9})"
        connection.execute(text(f"CREATE TABLE traces_far PARTITION OF traces FOR VALUES {bounds}"))
        connection.execute(text('CREATE TABLE "some: body\'s" (id INTEGER)'))
        before["traces_far"] = []
    back_up(old, tmp_path / "backup")
    with connected(new) as connection:
        connection.execute(text("CREATE TABLE left_over (id INTEGER)"))
    assert restore(tmp_path / "backup", new, force=True) == HEAD
    with connected(new) as connection:
        assert content(connection) == before
        prepare(connection)
        assert next_key(connection, wall_micros()) not in (1, first_key(wall_micros()))


def test_a_backup_of_an_older_version_is_upgraded_by_the_next_controller(new_place, tmp_path):
    old, new = new_place(), new_place()
    with connected(old) as connection:
        command.upgrade(alembic_config(connection), "0003")
        connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
        before = content(connection)
    back_up(old, tmp_path / "backup")
    assert restore(tmp_path / "backup", new, force=False) == "0003"
    with connected(new) as connection:
        assert content(connection) == before
        prepare(connection)


def test_a_damaged_backup_changes_nothing(new_place, tmp_path):
    place, file = new_place(), tmp_path / "backup"
    with connected(place) as connection:
        fill(connection)
        before = content(connection)
    back_up(place, file)
    whole = file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        contents = json.loads(archive.read("contents.json"))
        last = archive.infolist()[-1]
    turned = bytearray(whole)
    turned[last.header_offset + len(last.filename) + 60] ^= 0xFF
    contents["columns"]["traces"].remove("ts")
    for damaged, complaint in (
        (bytes(turned), "is no whole backup"),
        (whole[:-100], "is no whole backup"),
        (_changed(whole, tmp_path, json.dumps(contents)), "its traces differs"),
        (_changed(whole, tmp_path, "{}"), "is no backup of a loadcell database"),
        (_changed(whole, tmp_path, None), "is no whole backup"),
    ):
        file.write_bytes(damaged)
        with pytest.raises(UpkeepError, match=complaint):
            restore(file, place, force=True)
        with connected(place) as connection:
            assert content(connection) == before


def _changed(whole: bytes, folder: Path, contents: str | None) -> bytes:
    """Return a backup with other contents written in it; with none, without its last table."""
    old, new = folder / "old", folder / "new"
    old.write_bytes(whole)
    with zipfile.ZipFile(old) as source, zipfile.ZipFile(new, "w") as target:
        names = source.namelist() if contents is not None else source.namelist()[:-1]
        for name in names:
            said = contents if contents is not None and name == "contents.json" else source.read(name)
            target.writestr(name, said)
    return new.read_bytes()
