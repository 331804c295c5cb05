"""Storing many rows at once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Table


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert tuples through the driver: building a dictionary for each row would cost more than storing it.

    Args:
        connection: where to store them.
        table: the table.
        rows: its rows, each with all columns in their order.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        from controller.store.postgresql_driver import copy_rows  # noqa: PLC0415 - only where there is a server

        copy_rows(connection, table, rows)
    else:
        marks = ", ".join(["?"] * len(table.columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({marks})", rows)  # noqa: S608 - own names
