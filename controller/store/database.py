"""The connections: one writer thread, a few reader threads, and nothing else touches the database.

Durability: SQLite in WAL mode with synchronous=NORMAL. A committed transaction is in the operating system's
hands, so it survives the death of the process by whatever signal; only a crash of the machine itself can take
the last moments, and never the consistency of the file.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from loadcell.errors import LoadcellError

__all__ = ["Connection", "Database"]  # Connection: for those who write functions for `write` and `read`

T = TypeVar("T")

BUSY_TIMEOUT_SECONDS = 15.0  # another process may be committing
READER_THREADS = 3
CACHE_KIBIBYTES = 32 * 1024


class Database:
    """The database file.

    Functions given to `write` run one after another on the writer thread, each in a transaction of its own that
    is committed when the function returns and rolled back when it raises. Functions given to `read` run on
    reader threads, each seeing one consistent snapshot.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer = _engine(path, begin="BEGIN IMMEDIATE", pool_size=1)
        self._reader = _engine(path, begin="BEGIN", pool_size=READER_THREADS)
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="database-writer")
        self._read_threads = ThreadPoolExecutor(READER_THREADS, thread_name_prefix="database-reader")

    async def write(self, function: Callable[[Connection], T]) -> T:
        """Run `function` in a transaction and return its result once the transaction is committed."""
        return await self._run(self._write_thread, self._writer, function)

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run `function` on a reader thread and return its result."""
        return await self._run(self._read_threads, self._reader, function)

    async def close(self) -> None:
        """Finish what was submitted and close every connection."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._write_thread.shutdown()
        self._read_threads.shutdown()
        self._reader.dispose()
        self._writer.dispose()

    async def _run(self, threads: ThreadPoolExecutor, engine: Engine, function: Callable[[Connection], T]) -> T:
        def transaction() -> T:
            with engine.begin() as connection:
                return function(connection)

        try:
            future = threads.submit(transaction)
        except RuntimeError as error:
            raise LoadcellError("SERVICE_UNAVAILABLE", "the controller is stopping") from error
        try:
            return await asyncio.wrap_future(future)
        except SQLAlchemyError as error:
            raise LoadcellError("DATABASE_ERROR", "the database could not carry out the call") from error


def _engine(path: Path, *, begin: str, pool_size: int) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,  # errors are logged, and values are nobody's business there
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
    )

    def configure(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        assert isinstance(connection, sqlite3.Connection)  # noqa: S101 - tells the type checker the driver
        # The driver's own transaction handling begins too late to read and write in one snapshot.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIBIBYTES}")

    def start(connection: Connection) -> None:
        # A writer takes the lock at once: upgrading a read lock later could fail without waiting.
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", configure)
    event.listen(engine, "begin", start)
    return engine
