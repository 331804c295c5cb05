"""PostgreSQL: several controllers at once.

Durability is the server's: a commit is on its disk before it is answered. Whoever reads and then writes locks the
rows in between; each function of the store says so where it does. Readers see one snapshot (REPEATABLE READ).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from enum import IntEnum, unique

import psycopg
from psycopg import errors
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier
from sqlalchemy import URL, Connection, Table, create_engine, func, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

CHANNEL = "loadcell_runs"
EVENTS_CHANNEL = "loadcell_events"
# A server that has gone without a word is noticed within 15 s, in mid-answer as well.
_CONNECT: dict[str, str | int] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "application_name": "loadcell",
    "options": "-c lock_timeout=15s -c idle_in_transaction_session_timeout=300s",
}
_TRY_AGAIN = (errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable)


@unique
class Lock(IntEnum):
    """The advisory locks, by what only one transaction at a time does; each is held until it ends."""

    TABLES = 0x10AD_CE11  # creates or changes tables
    RUN_KEYS = 0x10AD_CE12  # takes the key of a run
    EVENTS = 0x10AD_CE13  # stores events
    BUDGETS = 0x10AD_CE14  # creates a budget
    RETENTION = 0x10AD_CE15  # deletes what has reached its age


def postgresql_engine(url: URL, *, writes: bool, connections: int) -> Engine:
    """Return the connections to a server, to write or to read consistent snapshots."""
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,  # errors are logged, and values are nobody's business there
        connect_args=_options(url),
        isolation_level="READ COMMITTED" if writes else "REPEATABLE READ",
    )
    return engine if writes else engine.execution_options(postgresql_readonly=True)


def lost(error: BaseException | None) -> bool:
    """Whether an error of the driver says that there is no connection (any longer)."""
    # What the server refuses for other reasons has a SQLSTATE that says which.
    refused = isinstance(error, errors.Error) and error.sqlstate is not None
    return isinstance(error, psycopg.OperationalError) and (
        not refused or isinstance(error, errors.AdminShutdown | errors.CrashShutdown | errors.CannotConnectNow)
    )


def rolled_back(error: BaseException | None) -> bool:
    """Whether an error of the driver says that others were in the way and the same may succeed next time."""
    return isinstance(error, _TRY_AGAIN)


def copy_rows(connection: Connection, table: Table, rows: Iterable[tuple[object, ...]]) -> None:
    """Store rows through COPY; each has the columns of the table in their order.

    Raises:
        DBAPIError: As any statement does: IntegrityError for a key that is there already.
    """
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 - tells the type checker the driver
    types = [column.type.compile(dialect=connection.dialect).lower() for column in table.columns]
    statement = f"COPY {table.name} FROM STDIN (FORMAT BINARY)"
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types([_BINARY.get(name, name) for name in types])
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        wrapped = DBAPIError.instance(
            statement, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        )
        raise wrapped from error


def take(connection: Connection, lock: Lock) -> None:
    """Wait for a lock; nothing to do in SQLite, which has one writer."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(lock)))


def take_if_free(connection: Connection, lock: Lock) -> bool:
    """Take a lock unless another transaction has it; return whether it was taken."""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.execute(select(func.pg_try_advisory_xact_lock(lock))).scalar_one())


def announce(connection: Connection, run_id: str) -> None:
    """Tell other controllers, once this is committed, that a run has changed, "" for any; not in SQLite."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_notify(CHANNEL, run_id)))


def announce_events(connection: Connection) -> None:
    """Tell every controller, once this is committed, that there are new events; not in SQLite."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_notify(EVENTS_CHANNEL, "")))


async def notifications(url: URL, channel: str = CHANNEL) -> AsyncIterator[str]:
    """Yield what is announced on a channel; first "" for whatever was missed before.

    Raises:
        psycopg.OperationalError: The connection is lost or cannot be made.
    """
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await psycopg.AsyncConnection.connect(make_conninfo(plain, **_options(url)), autocommit=True)
    async with connection:
        await connection.execute(SQL("LISTEN {}").format(Identifier(channel)))
        yield ""
        async for notice in connection.notifies():
            yield notice.payload


def _options(url: URL) -> dict[str, str | int]:
    """Return our options of a connection; what the URL says comes first."""
    return {key: value for key, value in _CONNECT.items() if key not in url.query}


# The names psycopg knows types by, where they are not those of SQL.
_BINARY = {"bigint": "int8", "integer": "int4", "float": "float8"}
