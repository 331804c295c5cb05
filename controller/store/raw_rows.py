"""Rows as the driver gives them: what SQLAlchemy does around a statement takes as long as most of them do.

Statements are those of SQLAlchemy, each built once and then carried out for many questions. What listens for
statements of a connection is told of these as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import ClauseElement, Connection, Dialect, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

Rows: TypeAlias = Sequence[Sequence[Any]]
"""Of columns that need no converting: numbers, texts and bytes."""

ROWS_AT_ONCE = 20_000
BINARY: dict[str, Any] = {"binary": True}  # as PostgreSQL sends bytes in half as many
_REMEMBERED = 1_024  # statements


def raw_rows(connection: Connection, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Rows:
    """Return all rows of a statement.

    Args:
        connection: to read through.
        statement: what to read; its parameters are numbers, texts and arrays of them, of a number that is known
            when it is built.
        parameters: of the statement; it need not have all of them.

    Raises:
        DBAPIError: As any statement does.
    """
    with _carried_out(connection, statement, parameters or {}) as cursor:
        rows: Rows = cursor.fetchall()
        return rows


def raw_pages(
    connection: Connection, statement: Executable, parameters: Mapping[str, Any], *, held: bool
) -> Iterator[Rows]:
    """Yield the rows of a statement, some at a time.

    Args:
        connection: to read through.
        statement: what to read, as for `raw_rows`.
        parameters: of the statement.
        held: whether PostgreSQL may send all at once; page by page, it is called three times more.

    Raises:
        DBAPIError: As any statement does.
    """
    if not held and connection.dialect.name == "postgresql":
        options = {**BINARY, "yield_per": ROWS_AT_ONCE}
        yield from connection.execute(statement, parameters, execution_options=options).partitions()
        return
    with _carried_out(connection, statement, parameters) as cursor:
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield rows


@contextmanager
def _carried_out(connection: Connection, statement: Executable, parameters: Mapping[str, Any]) -> Iterator[Any]:
    """Carry out a statement and yield the driver's cursor, whose errors are those of SQLAlchemy."""
    dialect = connection.dialect
    sql, names = _compiled(statement, dialect)
    values: Any = sql.construct_params(dict(parameters))
    if names is not None:
        values = tuple(values[name] for name in names)
    driver: Any = connection.connection.driver_connection
    text, errors = sql.string, dialect.loaded_dbapi.Error
    try:
        with closing(driver.cursor(binary=True) if dialect.name == "postgresql" else driver.cursor()) as cursor:
            for hear in connection.dispatch.before_cursor_execute:
                hear(connection, cursor, text, values, None, False)
            cursor.execute(text, values)
            yield cursor
    except errors as error:
        raise DBAPIError.instance(text, None, error, errors, hide_parameters=True, dialect=dialect) from error


@lru_cache(maxsize=_REMEMBERED)
def _compiled(statement: Executable, dialect: Dialect) -> tuple[SQLCompiler, Sequence[str] | None]:
    """Return a statement for a driver and, for one that takes values by their place, the names in this order."""
    assert isinstance(statement, ClauseElement)  # noqa: S101 - tells the type checker that it can be compiled
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - likewise, how
    return compiled, compiled.positiontup
