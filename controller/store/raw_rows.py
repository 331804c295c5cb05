"""Rows as the driver gives them: making SQLAlchemy's of thousands takes longer than finding them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Executable

Rows = Sequence[Sequence[Any]]
"""Of columns that need no converting: numbers, texts and bytes."""

ROWS_AT_ONCE = 20_000
BINARY: dict[str, Any] = {"binary": True}  # as PostgreSQL sends bytes in half as many


def raw_rows(connection: Connection, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Rows:
    """Return all rows of a statement."""
    with connection.execute(statement, parameters, execution_options=BINARY) as found:
        rows: Rows = found.cursor.fetchall()
        return rows


def raw_pages(
    connection: Connection, statement: Executable, parameters: Mapping[str, Any], *, held: bool
) -> Iterator[Rows]:
    """Yield the rows of a statement, some at a time.

    Args:
        connection: to read through.
        statement: what to read.
        parameters: of the statement.
        held: whether PostgreSQL may send all at once; page by page, it is called three times more.
    """
    if not held and connection.dialect.name == "postgresql":
        options = {**BINARY, "yield_per": ROWS_AT_ONCE}
        yield from connection.execute(statement, parameters, execution_options=options).partitions()
        return
    with connection.execute(statement, parameters, execution_options=BINARY) as found:
        while rows := found.cursor.fetchmany(ROWS_AT_ONCE):
            yield rows
