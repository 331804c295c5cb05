"""Bringing a database to the tables this version works with, at start-up.

Changing a table: edit `schema.py`, add a file to `migrations/versions`, set `HEAD` to its revision. Tests compare
both ways to the present tables and go up and down with data.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, String, Table, func, insert, inspect, select
from sqlalchemy.exc import DBAPIError

import controller.store.schema_access
import controller.store.schema_analyses
import controller.store.schema_search
import controller.store.schema_sums
import controller.store.schema_validation  # noqa: F401 - the tables of all belong to the metadata
from controller.store import sqlite
from controller.store.database import Database, DatabaseAwayError
from controller.store.partitions import create_ahead
from controller.store.place import Place, describe
from controller.store.postgresql import Lock, take
from controller.store.prices import seed_prices
from controller.store.schema import metadata
from loadcell.clock import wall_micros
from loadcell.data_dir import make_private, make_private_file
from loadcell.errors import LoadcellError
from loadcell.exit_codes import PassingError, passes

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0021"
MIGRATIONS = Path(__file__).with_name("migrations")
_MOST_APART_SECONDS = 3_600.0  # of clocks; requests and runs have times of days

# Alembic's own table, spelled as Alembic spells it.
_version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


class StoreError(Exception):
    """The database cannot be used; the text names the place and the reason."""


class StoreAwayError(StoreError, PassingError):
    """It cannot be reached or written now, which may be otherwise in a while."""


async def open_database(place: Place) -> Database:
    """Open a database, create the file when it is missing and bring the tables up to date.

    Raises:
        StoreAwayError: It cannot be reached, or there is no room.
        StoreError: It cannot be written, is no database of loadcell, or is of a newer version.
    """
    if isinstance(place, Path):
        try:
            make_private(place.parent)
        except OSError as error:
            made = StoreAwayError if passes(error) else StoreError
            raise made(f"database {place}: cannot create the directory: {error.strerror}") from error
        # SQLite takes an empty file for a new database, and gives its companions the same mode. Where it cannot be
        # made, SQLite cannot make it either, and says so.
        with contextlib.suppress(OSError):
            make_private_file(place)
    database, name = Database(place), describe(place)
    try:
        await database.write(prepare)
        # Once it was reached a database is waited for, by those who read as well.
        await asyncio.gather(database.read(lambda _: None), database.look_up(lambda _: None))
    except LoadcellError as error:
        await database.close()
        cause = error.__cause__
        why = " ".join(str(cause.orig if isinstance(cause, DBAPIError) else cause).split())
        away = isinstance(error, DatabaseAwayError) or _has_no_room(cause)
        kind = StoreAwayError if away else StoreError
        orig = cause.orig if isinstance(cause, DBAPIError) else None
        raise kind(f"database {name}: {why}{sqlite.remedy(orig)}") from error
    except StoreError as error:
        await database.close()
        raise StoreError(f"database {name}: {error}") from error
    return database


def _has_no_room(cause: BaseException | None) -> bool:
    """Whether a disk is full, or a server has no memory or connections left (class 53 of SQLSTATE)."""
    error = cause.orig if isinstance(cause, DBAPIError) else None
    return sqlite.full(error) or str(getattr(error, "sqlstate", "")).startswith("53")


def prepare(connection: Connection) -> None:
    """Bring the tables up to date.

    Raises:
        StoreError: The tables are not ours or are newer than this version.
    """
    _compare_clocks(connection)
    take(connection, Lock.TABLES)  # another controller may be doing the same
    found = version_of(connection)
    if found is None:
        # An empty database needs no history. Alembic itself is not imported: it would double the time to start.
        metadata.create_all(connection)
        seed_prices(connection)
        _version.create(connection)
        connection.execute(insert(_version).values(version_num=HEAD))
    elif found != HEAD:
        _upgrade(connection, found)
    create_ahead(connection, wall_micros())


def _compare_clocks(connection: Connection) -> None:
    """See that a server's clock says about the same: controllers on several machines share what they write there.

    Raises:
        StoreError: It does not.
    """
    if connection.dialect.name != "postgresql":
        return
    theirs = connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one()
    ahead = wall_micros() / 1e6 - float(theirs)
    if abs(ahead) > _MOST_APART_SECONDS:
        which = "ahead of" if ahead > 0 else "behind"
        raise StoreError(
            f"the clock of this machine is {abs(ahead):,.0f} s {which} the server's: set the wrong one"
        )


def version_of(connection: Connection) -> str | None:
    """Return the revision of the tables, empty when nothing says one, and None when there are no tables at all.

    Raises:
        StoreError: They are not ours, or nothing says of which revision they are.
    """
    tables = inspect(connection).get_table_names()
    if _version.name in tables:
        found: str | None = connection.execute(select(_version.c.version_num)).scalar_one_or_none()
        if not found and len(tables) > 1:
            raise StoreError("says no revision of its tables; put a backup in its place, `loadcell db restore`")
        return found or ""
    if tables:
        raise StoreError("is not a loadcell database (it has other tables)")
    return None


def pending(found: str) -> tuple[str, ...] | None:
    """Return the revisions between one and ours, in their order; None when it is not known here."""
    known = revisions()
    if found and found not in known:
        return None
    return known[known.index(found) + 1 :] if found else known


def revisions() -> tuple[str, ...]:
    """Return every revision there is here, the first one first."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - only needed when there is something to do

    return tuple(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())[::-1]


def _upgrade(connection: Connection, found: str) -> None:
    from alembic import command  # noqa: PLC0415 - only needed when there is something to do

    if pending(found) is None:
        raise StoreError(
            f"was written by a newer version of loadcell (revision {found}, ours is {HEAD}); install that version"
        )
    command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration for our migrations over an open connection."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
