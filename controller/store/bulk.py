"""Storing many rows at once."""

from __future__ import annotations

from sqlalchemy import Connection, Table

from controller.store.postgresql import copy_rows


def insert_rows(connection: Connection, table: Table, rows: list[tuple[object, ...]]) -> None:
    """Insert tuples through the driver: building a dictionary for each row would cost more than storing it.

    Args:
        connection: where to store them.
        table: the table.
        rows: its rows, each with all columns in their order.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        copy_rows(connection, table, rows)
    else:
        marks = ", ".join(["?"] * len(table.columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({marks})", rows)  # noqa: S608 - own names
