"""SQLite: one file, one writer at a time.

Durability: WAL mode with synchronous=NORMAL. A committed transaction is in the operating system's hands, so it
survives the death of the process by whatever signal; only a crash of the machine itself can take the last moments,
and never the consistency of the file.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from sqlalchemy import Connection, FromClause, create_engine, event
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_SECONDS = 15.0  # another process may be committing
_AGAIN_SECONDS = 0.01
CACHE_KIBIBYTES = 32 * 1024
# Pages of 4 KiB that are written to the log before they are copied into the file, which waits for the disk twice.
# What load writes again and again, the ends of indexes and the rollups, is copied once for many transactions.
LOG_PAGES = 8_192
_PRIMARY_CODE = 0xFF  # the rest of an extended error code says more than we ask


def sqlite_engine(path: Path, *, writes: bool, connections: int) -> Engine:
    """Return the connections to a file, to write or to read consistent snapshots."""
    engine = create_engine(
        f"sqlite:///{path}",
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,  # errors are logged, and values are nobody's business there
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
    )

    def configure(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        assert isinstance(connection, sqlite3.Connection)  # noqa: S101 - tells the type checker the driver
        # The driver's own transaction handling begins too late to read and write in one snapshot.
        connection.isolation_level = None
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIBIBYTES}")
        connection.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")

    engine.dialect.statement_compiler = _Compiler

    def start(connection: Connection) -> None:
        if writes:
            # The lock at once: upgrading a read lock later could fail without waiting.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - tells the type checker the driver
            driver.execute("BEGIN")  # fails for nobody, and most questions are short

    event.listen(engine, "connect", configure)
    event.listen(engine, "begin", start)
    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Have a file written ahead. SQLite does not wait for another that begins to do the same, so this does."""
    until = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if not locked(error) or time.monotonic() > until:
                raise
            time.sleep(_AGAIN_SECONDS)
        else:
            return


class _Compiler(SQLiteCompiler):
    """Writes down which index a query is to take: SQLite does not count rows, so it cannot always know."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:  # noqa: ARG002 - the interface
        """Return what follows the name of a table."""
        return text


def locked(error: BaseException | None) -> bool:
    """Whether an error of the driver says that somebody else holds the lock."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def full(error: BaseException | None) -> bool:
    """Whether an error of the driver says that there is no room left."""
    return _code(error) == sqlite3.SQLITE_FULL


def damaged(error: BaseException | None) -> bool:
    """Whether an error of the driver says that pages of the file are not as SQLite has written them."""
    return _code(error) == sqlite3.SQLITE_CORRUPT


def remedy(error: BaseException | None) -> str:
    """Return what to do about a file that the driver cannot use, to be put after the error; else ""."""
    found = _REMEDIES.get(_code(error))
    return f"; {found}" if found else ""


_REMEDIES = {
    sqlite3.SQLITE_CORRUPT: (
        "`loadcell db check` says what is damaged, `loadcell db restore FILE --force` puts a backup in its place"
    ),
    sqlite3.SQLITE_NOTADB: (
        "name the file of a database of loadcell, or put a backup in its place, `loadcell db restore FILE --force`"
    ),
    sqlite3.SQLITE_FULL: "make room on its disk",
    sqlite3.SQLITE_BUSY: "another program holds it: end that one",
    sqlite3.SQLITE_READONLY: (
        "do it as the user that the controller runs as, and where the file and its folder can be written"
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "do it as the user that the controller runs as, where the folder of the file can be written: from a disk"
        " that cannot, copy the file and what is beside it elsewhere first"
    ),
}


def _code(error: BaseException | None) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & _PRIMARY_CODE
