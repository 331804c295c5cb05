"""PostgreSQL: several controllers at once.

Durability is the server's: a commit is on its disk before it is answered. Whoever reads and then writes locks the
rows in between; each function of the store says so where it does. Readers see one snapshot (REPEATABLE READ).
"""

from __future__ import annotations

from enum import IntEnum, unique

from sqlalchemy import Connection, func, select

CHANNEL = "loadcell_runs"
EVENTS_CHANNEL = "loadcell_events"


@unique
class Lock(IntEnum):
    """The advisory locks, by what only one transaction at a time does; each is held until it ends."""

    TABLES = 0x10AD_CE11  # creates or changes tables
    RUN_KEYS = 0x10AD_CE12  # takes the key of a run
    EVENTS = 0x10AD_CE13  # stores events
    NUMBERS = 0x10AD_CE14  # counts what there is before it stores one more
    RETENTION = 0x10AD_CE15  # deletes what has reached its age


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
