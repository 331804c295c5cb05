"""The driver of PostgreSQL, and what is said to it alone.

Imported by those who have a server: it takes a tenth of the time a controller takes to start.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Error, errors
from psycopg.abc import Buffer
from psycopg.conninfo import make_conninfo
from psycopg.pq import Format, TransactionStatus
from psycopg.sql import SQL, Identifier
from sqlalchemy import URL, Connection, Table, create_engine, event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

__all__ = [
    "Error",
    "carry_out",
    "copy_in",
    "copy_out",
    "copy_rows",
    "lost",
    "notifications",
    "postgresql_engine",
    "rolled_back",
    "timed_out",
]

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
_FOR_QUESTIONS = b"; ".join(
    b"SET " + setting
    for setting in (
        b"default_transaction_read_only = on",
        b"default_transaction_isolation = 'repeatable read'",
        b"jit = off",
        b"plan_cache_mode = force_custom_plan",
        b"parallel_setup_cost = 100000",  # pages; a hundred times the default
    )
)
# What its C library (glibc) has given a process of the server at once and got back, it keeps from then on, and as
# much again. Otherwise it returns memory to the system after a statement, and the next one waits for each page of
# it: half of its time, or nothing, as it happens.
_KEEP_MEMORY = (
    "SET statement_timeout = 0",  # that of a role may be shorter than this takes, and its questions have their own
    "SELECT octet_length(repeat('-', 4194304))",
    "RESET statement_timeout",
)
_BEGIN = "BEGIN"
# A row that a partition is being made for is refused by the default one: nothing else checks rows.
_TRY_AGAIN = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
    errors.CheckViolation,
)
_ENDED = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.IdleSessionTimeout,
    errors.IdleInTransactionSessionTimeout,
)


def postgresql_engine(url: URL, *, writes: bool, connections: int) -> Engine:
    """Return the connections to a server, to write or to read consistent snapshots."""
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_use_lifo=True,  # what the server keeps for a connection, such as its plans, is used more often
        hide_parameters=True,  # errors are logged, and values are nobody's business there
        connect_args=_options(url),
        isolation_level="READ COMMITTED" if writes else "AUTOCOMMIT",  # a question begins its transaction itself
    )
    event.listen(engine, "before_cursor_execute", _in_binary)
    if not writes:
        event.listen(engine, "connect", _for_questions)
        event.listen(engine, "before_cursor_execute", _in_snapshot)
    return engine


def _for_questions(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Have nothing changed through a connection, one state seen, and questions planned for their own values.

    Compiling a plan over many partitions takes longer than any question that is answered in time. A plan that is
    to do for any values reads the index of times for rare words, and all partitions for a few requests.
    Starting workers takes ten milliseconds, and is for what takes a second. They are settings of the session: in a
    pooler of transactions, others would get them. The server keeps up to 8 MiB for each connection.
    """
    assert isinstance(connection, psycopg.Connection)  # noqa: S101 - tells the type checker the driver
    connection.execute(_FOR_QUESTIONS)
    for statement in _KEEP_MEMORY:
        connection.execute(statement)


def _in_snapshot(connection: Connection, *_of_statement: object) -> None:
    """Begin the transaction of a question with its first statement."""
    with _driver(connection, _BEGIN) as driver:
        if not _has_begun(driver):
            driver.execute(_BEGIN)


def _has_begun(driver: psycopg.Connection) -> bool:
    """Whether the next statement is in a transaction, or the driver will begin one, or it will fail anyway."""
    return not driver.autocommit or driver.pgconn.transaction_status != TransactionStatus.IDLE


def _in_binary(
    _connection: Connection, cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool
) -> None:
    """Have the rows of a statement sent as numbers and bytes instead of texts, where that was asked for."""
    if context is not None and context.execution_options.get("binary"):
        cursor.format = Format.BINARY


def lost(error: BaseException | None) -> bool:
    """Whether an error of the driver says that there is no connection (any longer)."""
    # What the server refuses for other reasons has a SQLSTATE that says which.
    refused = isinstance(error, errors.Error) and error.sqlstate is not None
    return isinstance(error, _ENDED) or (isinstance(error, psycopg.OperationalError) and not refused)


def rolled_back(error: BaseException | None) -> bool:
    """Whether an error of the driver says that others were in the way and the same may succeed next time."""
    return isinstance(error, _TRY_AGAIN)


def timed_out(error: BaseException | None) -> bool:
    """Whether an error of the driver says that a statement took longer than it may."""
    return isinstance(error, errors.QueryCanceled)


def copy_rows(connection: Connection, table: Table, rows: Iterable[tuple[object, ...]]) -> None:
    """Store rows through COPY; each has the columns of the table in their order.

    Raises:
        DBAPIError: As any statement does: IntegrityError for a key that is there already.
    """
    types = [column.type.compile(dialect=connection.dialect).lower() for column in table.columns]
    # Named, for migrations have added columns at the end.
    names = ", ".join(column.name for column in table.columns)
    with _copying(connection, f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types([_BINARY.get(name, name) for name in types])
        for row in rows:
            copy.write_row(row)


def copy_out(connection: Connection, statement: str) -> Iterator[Buffer]:
    """Yield what a COPY ... TO STDOUT gives, in pieces.

    Raises:
        DBAPIError: As any statement does.
    """
    with _copying(connection, statement) as copy:
        yield from copy


def copy_in(connection: Connection, statement: str, pieces: Iterable[bytes]) -> None:
    """Carry out a COPY ... FROM STDIN with what one TO STDOUT has given.

    Raises:
        DBAPIError: As any statement does.
    """
    with _copying(connection, statement) as copy:
        for piece in pieces:
            copy.write(piece)


@contextmanager
def _copying(connection: Connection, statement: str) -> Iterator[psycopg.Copy]:
    with _driver(connection, statement) as driver, driver.cursor() as cursor:
        if not _has_begun(driver):
            driver.execute(_BEGIN)
        with cursor.copy(statement) as copy:
            yield copy


def carry_out(connection: Connection, statement: str) -> None:
    """Carry out a statement that takes no values and gives no rows, and that nobody else is to be told of.

    When it is the first of a question, the transaction begins in the same message: each takes its time.

    Raises:
        DBAPIError: As any statement does.
    """
    with _driver(connection, statement) as driver:
        told = statement if _has_begun(driver) else f"{_BEGIN}; {statement}"
        driver.execute(told.encode(), prepare=False)


@contextmanager
def _driver(connection: Connection, statement: str) -> Iterator[psycopg.Connection]:
    """Yield the connection of the driver to carry out a statement, whose errors are those of SQLAlchemy."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 - tells the type checker the driver
    try:
        yield driver
    except psycopg.Error as error:
        wrapped = DBAPIError.instance(
            statement, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        )
        raise wrapped from error


async def notifications(url: URL, channel: str) -> AsyncIterator[str]:
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
