"""Bringing a database to the tables this version works with, at start-up.

Changing a table: edit `schema.py`, add a file to `migrations/versions`, set `HEAD` to its revision. Tests compare
both ways to the present tables and go up and down with data.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, select
from sqlalchemy.exc import DBAPIError

import controller.store.schema_access
import controller.store.schema_analyses
import controller.store.schema_sums
import controller.store.schema_validation  # noqa: F401 - the tables of all belong to the metadata
from controller.store.database import Database
from controller.store.partitions import create_ahead
from controller.store.place import Place, describe
from controller.store.postgresql import Lock, take
from controller.store.prices import seed_prices
from controller.store.schema import metadata
from loadcell.clock import wall_micros
from loadcell.data_dir import make_private
from loadcell.errors import LoadcellError

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0017"
MIGRATIONS = Path(__file__).with_name("migrations")

# Alembic's own table, spelled as Alembic spells it.
_version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


class StoreError(Exception):
    """The database cannot be used; the text names the place and the reason."""


async def open_database(place: Place) -> Database:
    """Open a database, create the file when it is missing and bring the tables up to date.

    Raises:
        StoreError: It cannot be reached or written, is no database of loadcell, or is of a newer version.
    """
    if isinstance(place, Path):
        try:
            make_private(place.parent)
        except OSError as error:
            raise StoreError(f"database {place}: cannot create the directory: {error.strerror}") from error
    database, name = Database(place), describe(place)
    try:
        await database.write(prepare)
        await database.read(lambda _: None)  # once it was reached a database is waited for, by readers as well
    except LoadcellError as error:
        await database.close()
        cause = error.__cause__
        why = " ".join(str(cause.orig if isinstance(cause, DBAPIError) else cause).split())
        raise StoreError(f"database {name}: {why}") from error
    except StoreError as error:
        await database.close()
        raise StoreError(f"database {name}: {error}") from error
    return database


def prepare(connection: Connection) -> None:
    """Bring the tables up to date.

    Raises:
        StoreError: The tables are not ours or are newer than this version.
    """
    take(connection, Lock.TABLES)  # another controller may be doing the same
    tables = inspect(connection).get_table_names()
    if _version.name not in tables:
        if tables:
            raise StoreError("is not a loadcell database (it has other tables)")
        # An empty database needs no history. Alembic itself is not imported: it would double the time to start.
        metadata.create_all(connection)
        seed_prices(connection)
        _version.create(connection)
        connection.execute(insert(_version).values(version_num=HEAD))
    else:
        found = connection.execute(select(_version.c.version_num)).scalar_one_or_none()
        if found != HEAD:
            _upgrade(connection, found)
    create_ahead(connection, wall_micros())


def _upgrade(connection: Connection, found: str | None) -> None:
    from alembic import command  # noqa: PLC0415 - only needed when there is something to do
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = alembic_config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(f"was written by a newer version of loadcell (revision {found}, ours is {HEAD})")
    command.upgrade(config, "head")


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration for our migrations over an open connection."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
