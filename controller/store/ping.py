"""Whether the database answers."""

from __future__ import annotations

from sqlalchemy import Connection, select, text


def ping(connection: Connection) -> None:
    """Ask the database for nothing."""
    connection.execute(select(text("1")))
