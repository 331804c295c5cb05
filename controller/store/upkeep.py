"""A database that no controller serves: what version it is of, whether it is whole, bringing it up to date."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, create_engine, func, inspect, select, table, text
from sqlalchemy.exc import DBAPIError

from controller.store import sqlite
from controller.store.migrate import HEAD, StoreError, open_database, pending, version_of
from controller.store.place import Place, describe
from controller.store.schema import metadata

T = TypeVar("T")

_SHOWN_PROBLEMS = 10
_CHECKED = "quick_check: "


class UpkeepError(Exception):
    """It cannot be done; the text is one line that names the database."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found where a database is to be.

    Attributes:
        place: Where, without credentials.
        version: Revision of its tables, empty when there are none yet.
        head: Revision that this version of loadcell works with.
        pending: Revisions on the way there, in their order.
        newer: Whether its revision is not known here.
        damaged: Whether so much of it is damaged that its revision cannot be read.
    """

    place: str
    version: str
    head: str
    pending: tuple[str, ...]
    newer: bool
    damaged: bool = False

    @property
    def verdict(self) -> str:
        """What that means, in one line."""
        if self.damaged:
            return f"{self.place}: is damaged, and its revision cannot be read"
        if not self.version:
            return f"{self.place}: there is nothing yet; the first controller, or `loadcell db upgrade`, makes it"
        if self.newer:
            return (
                f"{self.place}: was written by a newer version of loadcell (revision {self.version}, ours is"
                f" {self.head}); install that version"
            )
        if self.pending:
            return f"{self.place}: revision {self.version} is to be brought to {self.head}: `loadcell db upgrade`"
        return f"{self.place}: revision {self.version}, up to date"


@dataclass(frozen=True, slots=True)
class Examined:
    """What a database holds.

    Attributes:
        found: Its version.
        problems: What is broken, of each kind at most ten.
        rows: Rows by table.
    """

    found: Found
    problems: tuple[str, ...]
    rows: dict[str, int]


def look_at(place: Place) -> Found:
    """Return what version a database is of; nothing is changed.

    Raises:
        UpkeepError: It cannot be reached or read, or is no database of loadcell.
    """
    if isinstance(place, Path) and not place.exists():
        return Found(describe(place), "", HEAD, (), newer=False)
    return _reading(place, lambda connection: _found(place, connection))


def upgrade(place: Place) -> tuple[Found, Found]:
    """Bring the tables up to date, and make them where there are none; return what was and what is found.

    Raises:
        UpkeepError: It cannot be reached or written, is no database of loadcell, or is of a newer version.
    """
    before = look_at(place)
    if isinstance(place, Path) and place.exists() and not os.access(place, os.W_OK):
        raise UpkeepError(
            f"database {describe(place)}: cannot be written by this user; do it as the user that the controller"
            " runs as"
        )
    try:
        return before, asyncio.run(_brought_up_to_date(place))
    except StoreError as error:
        raise UpkeepError(str(error)) from error


def examine(place: Place) -> Examined:
    """Read all there is and see whether it is whole; nothing is changed.

    Raises:
        UpkeepError: It cannot be reached or read, or is no database of loadcell.
    """
    if isinstance(place, Path) and not place.exists():
        raise UpkeepError(f"database {describe(place)}: there is no such file")
    return _reading(place, lambda connection: _examined(place, connection))


@contextmanager
def reading(place: Place) -> Iterator[Connection]:
    """Give one connection that can only read.

    Raises:
        UpkeepError: There is none.
    """
    if isinstance(place, Path):
        if place.is_dir():
            raise UpkeepError(f"database {describe(place)}: is a directory; name a file in it")
        if not os.access(place, os.R_OK):
            raise UpkeepError(
                f"database {describe(place)}: cannot be read by this user; do it as the user that the controller"
                " runs as"
            )
        # Not as the controller opens it: that would make files beside it, or the file itself.
        uri = f"{place.absolute().as_uri()}?mode=ro"
        engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True))
    else:
        from controller.store.postgresql_driver import postgresql_engine  # noqa: PLC0415 - only with a server

        engine = postgresql_engine(place, writes=False, connections=1)
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        why = " ".join(str(error.orig).split())
        raise UpkeepError(f"database {describe(place)}: {why}{sqlite.remedy(error.orig)}") from error
    finally:
        engine.dispose()


def _reading(place: Place, function: Callable[[Connection], T]) -> T:
    with reading(place) as connection:
        return function(connection)


async def _brought_up_to_date(place: Place) -> Found:
    database = await open_database(place)
    try:
        # Asked here: who can only read makes files beside one of SQLite, and cannot remove them.
        return await database.read(lambda connection: _found(place, connection))
    finally:
        await database.close()


def _found(place: Place, connection: Connection) -> Found:
    try:
        version = version_of(connection)
    except StoreError as error:
        raise UpkeepError(f"database {describe(place)}: {error}") from error
    if version is None or version == HEAD:
        return Found(describe(place), version or "", HEAD, (), newer=False)
    steps = pending(version)
    return Found(describe(place), version, HEAD, steps or (), newer=steps is None)


def _examined(place: Place, connection: Connection) -> Examined:
    damage: list[str] = []
    found = Found(describe(place), "", HEAD, (), newer=False, damaged=True)
    there: set[str] = set()
    with _noting(damage, "what tables there are cannot be read"):
        found = _found(place, connection)
        there = set(inspect(connection).get_table_names())
    ours = sorted(metadata.tables) if found.version == HEAD else sorted(there & set(metadata.tables))
    missing = [f"the table {name} is missing" for name in ours if name not in there]
    problems: list[str] = []
    for one in _SQLITE_LOOKS if connection.dialect.name == "sqlite" else (_of_server,):
        with _noting(damage, "not everything can be looked at"):
            problems.extend(one(connection))
    rows: dict[str, int] = {}
    for name in ours:
        if name in there:
            with _noting(damage, f"the table {name} cannot be read"):
                rows[name] = connection.execute(select(func.count()).select_from(table(name))).scalar_one()
    if damage or any(one.startswith(_CHECKED) for one in problems):
        damage.append(
            "stop the controller and put a backup in its place, `loadcell db restore FILE --force`; without one,"
            f" `sqlite3 {describe(place)} .recover` writes down what can still be read"
        )
    return Examined(found, (*missing, *problems, *damage), rows)


@contextmanager
def _noting(damage: list[str], consequence: str) -> Iterator[None]:
    """Note that pages are damaged, and what cannot be told because of it, and go on."""
    try:
        yield
    except DBAPIError as error:
        if not sqlite.damaged(error.orig):
            raise
        damage.append(f"{consequence}: {error.orig}")


def _damaged_pages(connection: Connection) -> Iterator[str]:
    # So that what is damaged in the list of tables is told as well; nothing can be written here.
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    try:
        yield from _quick_check(connection, _SHOWN_PROBLEMS)
    except DBAPIError as error:
        if not sqlite.damaged(error.orig):
            raise
        yield f"{_CHECKED}{error.orig}"
        # It has given up, perhaps before it has said where.
        for name in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars():
            try:
                yield from _quick_check(connection, f"'{name}'")
            except DBAPIError as one:
                yield f"{_CHECKED}table {name}: {one.orig}"
    finally:
        connection.exec_driver_sql("PRAGMA writable_schema=OFF")


def _quick_check(connection: Connection, what: object) -> list[str]:
    said = connection.exec_driver_sql(f"PRAGMA quick_check({what})").scalars()
    lines = [line for text in said if text != "ok" for line in text.splitlines() if not line.startswith("*** in")]
    return [f"{_CHECKED}{line}" for line in lines[:_SHOWN_PROBLEMS]]


def _broken_references(connection: Connection) -> Iterator[str]:
    broken = connection.execute(text("PRAGMA foreign_key_check")).fetchmany(_SHOWN_PROBLEMS)
    for name, row, parent, _ in broken:
        yield f"row {row} of {name} refers to a row of {parent} that is not there"


def _of_server(connection: Connection) -> Iterator[str]:
    invalid = text(
        "SELECT 'the index ' || indexrelid::regclass || ' is not valid; REINDEX it' FROM pg_index"
        " WHERE NOT indisvalid UNION ALL"
        " SELECT 'the constraint ' || conname || ' of ' || conrelid::regclass || ' was never validated'"
        " FROM pg_constraint WHERE NOT convalidated LIMIT :most"
    )
    yield from connection.execute(invalid, {"most": _SHOWN_PROBLEMS}).scalars()


_SQLITE_LOOKS = (_damaged_pages, _broken_references)
