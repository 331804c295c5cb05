"""Backups of PostgreSQL: the rows of each table as the server's COPY gives them, in one ZIP file.

No program of PostgreSQL has a part in it, and versions of the server may differ. How the tables are made is not in
the file but the revision they are of: the migrations make them again.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from alembic import command
from sqlalchemy import URL, Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from controller.store.migrate import alembic_config
from controller.store.migrate import version_of as revision_of
from controller.store.partitions import PARTITIONED, Partition, list_partitions, replace_partitions
from controller.store.place import describe
from controller.store.postgresql import Lock, take
from controller.store.postgresql_driver import copy_in, copy_out, postgresql_engine
from controller.store.upkeep import UpkeepError, reading

_CONTENTS = "contents.json"
_OWN_NAME = "loadcell"  # of connections of controllers
_LEVEL = 1  # of compression: most of the gain for a tenth of the time
_PIECE_BYTES = 1 << 18
_NO_HURRY = "SET LOCAL statement_timeout = 0"  # which may be set for everything else of the role
# What comes of bytes that are not those that were written, which may also say "encrypted" or "of a later version".
_DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError, OSError)


@dataclass(frozen=True)
class _Contents:
    """What is in a backup, beside rows.

    Attributes:
        revision: Of the tables.
        columns: Names by table, in the order of their values.
        partitions: Days of the tables that have such: name, first key and end.
        sequences: Table, column, last value, and whether that was used.
    """

    revision: str
    columns: dict[str, list[str]]
    partitions: dict[str, list[tuple[str, int, int]]]
    sequences: list[tuple[str, str, int, bool]]


def back_up(place: URL, file: Path) -> None:
    """Write the rows of all tables to an empty file, as of one moment.

    Raises:
        OSError: The file cannot be written.
        UpkeepError: The database cannot be read.
    """
    with reading(place) as connection:
        tables = [_quoted(connection, name) for name, _, _ in _columns(connection)]
        connection.rollback()
        connection.exec_driver_sql(_NO_HURRY)
        # Locked before anything is read: the moment is that of the first question, and what retention drops after
        # it would be missing.
        connection.exec_driver_sql(f"LOCK TABLE {', '.join(dict.fromkeys(tables))} IN ACCESS SHARE MODE")
        contents = _look(connection)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
            archive.writestr(_CONTENTS, json.dumps(asdict(contents)))
            for table, columns in contents.columns.items():
                listed, source = _listed(connection, columns), _quoted(connection, table)
                # A question, for COPY gives no rows of a table that has partitions.
                rows = f"COPY (SELECT {listed} FROM {source}) TO STDOUT (FORMAT BINARY)"  # noqa: S608 - own names
                with archive.open(_member(table), "w", force_zip64=True) as member:
                    for piece in copy_out(connection, rows):
                        member.write(piece)


def version_of(file: Path) -> str:
    """Return the revision of a backup.

    Raises:
        UpkeepError: It cannot be read, or is none.
    """
    with _opened(file) as archive:
        return _read_contents(file, archive).revision


def restore(file: Path, place: URL) -> None:
    """Put a backup into the place of everything in a database: all of it or, when something fails, nothing.

    Raises:
        UpkeepError: A controller works with the database, the server refuses, or the file is damaged.
    """
    with _opened(file) as archive, _changing(place) as connection:
        contents = _read_contents(file, archive)
        take(connection, Lock.TABLES)
        _refuse_company(connection, place)
        _make_tables(connection, contents)
        made = _look(connection).columns
        for table, _ in inspect(connection).get_sorted_table_and_fkc_names():
            if table is None or table not in made:
                continue
            columns = contents.columns.get(table, [])
            if sorted(columns) != sorted(made[table]):
                raise UpkeepError(f"{file} is no backup of revision {contents.revision}: its {table} differs")
            into = f"{_quoted(connection, table)} ({_listed(connection, columns)})"
            with archive.open(_member(table)) as member:
                copy_in(connection, f"COPY {into} FROM STDIN (FORMAT BINARY)", _pieces(member))
        for table, column, value, used in contents.sequences:
            if column in made.get(table, ()):
                sequence = {"table": _quoted(connection, table), "column": column, "value": value, "used": used}
                last = text("SELECT setval(pg_get_serial_sequence(:table, :column), :value, :used)")
                connection.execute(last, sequence)


def _refuse_company(connection: Connection, place: URL) -> None:
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = :name AND pid <> pg_backend_pid()"
    )
    if connection.execute(others, {"name": _OWN_NAME}).scalar_one():
        raise UpkeepError(f"database {describe(place)} is in use; stop the controllers first")


def _make_tables(connection: Connection, contents: _Contents) -> None:
    """Put empty tables of a revision, with the partitions that were, into the place of all there are."""
    if present := inspect(connection).get_table_names():
        names = ", ".join(_quoted(connection, name) for name in present)
        connection.exec_driver_sql(f"DROP TABLE {names} CASCADE")
    command.upgrade(alembic_config(connection), contents.revision)
    wanted = {table: [Partition(*one) for one in found] for table, found in contents.partitions.items()}
    replace_partitions(connection, wanted)
    names = ", ".join(_quoted(connection, name) for name in _look(connection).columns)
    connection.exec_driver_sql(f"TRUNCATE {names}")  # of the rows that new tables begin with


def _look(connection: Connection) -> _Contents:
    columns: dict[str, list[str]] = {}
    sequences = []
    for table, column, sequence in _columns(connection):
        columns.setdefault(table, []).append(column)
        if sequence is not None:
            last = f"SELECT last_value, is_called FROM {sequence}"  # noqa: S608 - quoted by the server
            value, used = connection.exec_driver_sql(last).one()
            sequences.append((table, column, value, used))
    partitions = {
        table.name: [(one.name, one.first, one.end) for one in found]
        for table in PARTITIONED
        if (found := list_partitions(connection, table))
    }
    return _Contents(revision_of(connection) or "", columns, partitions, sequences)


def _columns(connection: Connection) -> list[tuple[str, str, str | None]]:
    """Return table, name and sequence of all columns; partitions are no tables of their own."""
    question = text(
        "SELECT c.relname, a.attname, pg_get_serial_sequence(quote_ident(c.relname), a.attname)"
        " FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid"
        " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        " AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> 'alembic_version'"
        " ORDER BY c.relname, a.attnum"
    )
    return [tuple(row) for row in connection.execute(question)]


@contextmanager
def _changing(place: URL) -> Iterator[Connection]:
    """Give a connection whose changes are all made in the end, or none of them.

    Raises:
        UpkeepError: The server refuses one, or is not there.
    """
    engine = postgresql_engine(place, writes=True, connections=1)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(_NO_HURRY)
            yield connection
    except DBAPIError as error:
        raise UpkeepError(f"database {describe(place)}: {' '.join(str(error.orig).split())}") from error
    finally:
        engine.dispose()


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except _DAMAGES as error:
        raise UpkeepError(f"{file} is no whole backup: {error}") from error


def _read_contents(file: Path, archive: zipfile.ZipFile) -> _Contents:
    try:
        return _Contents(**json.loads(archive.read(_CONTENTS)))
    except (KeyError, ValueError, TypeError) as error:
        raise UpkeepError(f"{file} is no backup of a loadcell database") from error


def _pieces(member: IO[bytes]) -> Iterator[bytes]:
    while piece := member.read(_PIECE_BYTES):
        yield piece


def _member(table: str) -> str:
    return f"rows/{table}"


def _listed(connection: Connection, names: list[str]) -> str:
    return ", ".join(_quoted(connection, name) for name in names)


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)
