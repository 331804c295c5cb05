"""The connections: one writer thread, a few reader threads, one more for callers, and nothing else touches it.

A database that is away or locked is waited for: see `PATIENCE_SECONDS`.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import structlog
from sqlalchemy import URL, Connection
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from controller.store import postgresql, sqlite
from controller.store.counts import Counts, fill_all
from controller.store.place import Place
from loadcell.errors import LoadcellError
from loadcell.metric_sheet import Sheet

# Connection: for those who write functions for `write` and `read`.
__all__ = ["Connection", "Database", "DatabaseAwayError"]

log = structlog.get_logger()

T = TypeVar("T")

ONLY_READS = "only_reads"  # an execution option: nothing that a connection sees is rolled back
READER_THREADS = 3
PATIENCE_SECONDS = 30.0  # from when the database was lost; calls after that fail at once until it is back
FIRST_DELAY_SECONDS, LAST_DELAY_SECONDS = 0.05, 1.0  # between two attempts


class DatabaseAwayError(LoadcellError):
    """The database could not be reached. A change may have been made: the answer to the commit may be lost."""

    def __init__(self) -> None:
        super().__init__("DATABASE_ERROR", "the database cannot be reached; try again")


class _AgainError(Exception):
    """A transaction was not carried out, or perhaps was (`unknown`), and may be tried again.

    The database was `away`, or others were in the way.
    """

    def __init__(self, cause: DBAPIError, *, unknown: bool, away: bool) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.unknown = unknown
        self.away = away


class _Side:
    """The threads and connections of those who write, or of those who read."""

    def __init__(self, name: str, operation: str, place: Place, *, writes: bool, threads: int) -> None:
        self._engine = _engine(place, writes=writes, connections=threads)
        self.counts = Counts(operation, name, self._engine)
        self._threads = ThreadPoolExecutor(threads, f"database-{name}")
        self._closing = threading.Event()
        # Seconds of the monotonic clock. A database that was never reached is not waited for.
        self._away_since: float | None = -float("inf")

    async def run(self, function: Callable[[Connection], T], *, repeatable: bool) -> T:
        """Carry out a transaction on a thread."""
        try:
            future = self._threads.submit(self._counted, function, time.perf_counter(), repeatable=repeatable)
        except RuntimeError as error:
            raise LoadcellError("SERVICE_UNAVAILABLE", "the controller is stopping") from error
        try:
            return await asyncio.wrap_future(future)
        except _AgainError as error:
            raise DatabaseAwayError from error.cause
        except SQLAlchemyError as error:
            raise LoadcellError("DATABASE_ERROR", "the database could not carry out the call") from error

    def close(self) -> None:
        """Finish what was submitted, without patience, and close the connections."""
        self._closing.set()
        self._threads.shutdown()
        self._engine.dispose()

    def _counted(self, function: Callable[[Connection], T], asked: float, *, repeatable: bool) -> T:
        """Carry out a transaction that was asked for at a time of the performance counter, and count it."""
        begun = time.perf_counter()
        try:
            return self._patiently(function, repeatable=repeatable)
        except _AgainError as error:
            self.counts.failed(error.cause)
            raise
        except SQLAlchemyError as error:
            self.counts.failed(error)
            raise
        finally:
            self.counts.ended(begun - asked, time.perf_counter() - begun)

    def _patiently(self, function: Callable[[Connection], T], *, repeatable: bool) -> T:
        """Carry out a transaction, again and again while the database is away and there is patience left."""
        delay, failing_since = FIRST_DELAY_SECONDS, float("inf")
        while True:
            try:
                result = _transaction(self._engine, function)
            except _AgainError as failed:
                failing_since = min(failing_since, time.monotonic())
                since = min(failing_since, self._note_away(failed.cause)) if failed.away else failing_since
                if failed.unknown and not repeatable:
                    raise
                if time.monotonic() - since > PATIENCE_SECONDS or self._closing.wait(delay):
                    raise
                delay = min(2 * delay, LAST_DELAY_SECONDS)
                self.counts.again()
            else:
                self._away_since = None
                return result

    def _note_away(self, cause: DBAPIError) -> float:
        """Return since when the database has been away. Other threads may find that it is back."""
        since = self._away_since
        if since is None:
            since = self._away_since = time.monotonic()
            log.warning("database_away", error=str(cause.orig).strip())
        return since


class Database:
    """The database.

    Functions given to `write` run one after another on the writer thread, each in a transaction of its own that
    is committed when the function returns and rolled back when it raises. Functions given to `read` run on
    reader threads, each seeing one consistent snapshot. Either is run again when the connection is lost, or others
    are in the way, before anything was committed; so they do nothing but ask and change the database.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self._writer = _Side("writer", "write", place, writes=True, threads=1)
        self._reader = _Side("reader", "read", place, writes=False, threads=READER_THREADS)
        # Questions may take seconds. Who calls must be known before that, and who was revoked must be sent away.
        self._caller = _Side("caller", "look_up", place, writes=False, threads=1)

    async def write(self, function: Callable[[Connection], T], *, repeatable: bool = False) -> T:
        """Run `function` in a transaction and return its result once the transaction is committed.

        Args:
            function: What to do.
            repeatable: Whether it changes nothing when it was carried out before, so that it may be run again also
                when nobody knows whether it was: the connection was lost during the commit.

        Raises:
            LoadcellError: DATABASE_ERROR, SERVICE_UNAVAILABLE.
        """
        return await self._writer.run(function, repeatable=repeatable)

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run `function` on a reader thread and return its result.

        Raises:
            LoadcellError: DATABASE_ERROR, SERVICE_UNAVAILABLE.
        """
        return await self._reader.run(function, repeatable=True)

    async def look_up(self, function: Callable[[Connection], T]) -> T:
        """Find out who calls: as `read`, on a thread that waits for no question. The function must be brief.

        Raises:
            LoadcellError: DATABASE_ERROR, SERVICE_UNAVAILABLE.
        """
        return await self._caller.run(function, repeatable=True)

    @property
    def tells(self) -> bool:
        """Whether other processes can tell of what they change."""
        return isinstance(self.place, URL)

    async def changes(self, channel: str = postgresql.CHANNEL) -> AsyncIterator[str]:
        """Yield what is announced on a channel, by this process as well, for ever; "" when anything may have been.

        By default these are the runs that are changed. Ends at once in SQLite.
        """
        if not isinstance(self.place, URL):
            return
        from controller.store import postgresql_driver  # noqa: PLC0415 - only where there is a server

        while True:
            try:
                async for announced in postgresql_driver.notifications(self.place, channel):
                    yield announced
            except postgresql_driver.Error as error:
                log.warning("database_away", error=str(error).strip())
            await asyncio.sleep(LAST_DELAY_SECONDS)

    def fill(self, sheet: Sheet) -> None:
        """Write down how many transactions there were, how long they took, and which connections there are."""
        fill_all(sheet, (self._writer.counts, self._reader.counts, self._caller.counts))

    async def close(self) -> None:
        """Finish what was submitted and close every connection."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.close()
        self._reader.close()
        self._caller.close()


def _engine(place: Place, *, writes: bool, connections: int) -> Engine:
    if isinstance(place, Path):
        engine = sqlite.sqlite_engine(place, writes=writes, connections=connections)
    else:
        from controller.store import postgresql_driver  # noqa: PLC0415 - only where there is a server

        engine = postgresql_driver.postgresql_engine(place, writes=writes, connections=connections)
    engine.update_execution_options(**{ONLY_READS: not writes})
    return engine


def _transaction(engine: Engine, function: Callable[[Connection], T]) -> T:
    """Carry out one transaction.

    Raises:
        _AgainError: It may be tried again.
        SQLAlchemyError: It may not, and is rolled back.
    """
    committing = False
    try:
        with engine.connect() as connection:
            transaction = connection.begin()
            try:
                result = function(connection)
                committing = True
                transaction.commit()
            except BaseException as error:
                if isinstance(error, DBAPIError) and _lost(error):
                    connection.invalidate()
                    engine.dispose()  # those that wait to be used are likely lost too: each would be tried
                else:
                    transaction.rollback()
                if not isinstance(error, LoadcellError | DBAPIError):
                    # It may have come in the middle of reading. As long as it is kept (a log, a cycle of frames),
                    # so is the open statement, and SQLite shows this connection the database of then.
                    connection.invalidate()
                raise
            return result
    except DBAPIError as error:
        if _lost(error):
            raise _AgainError(error, unknown=committing, away=True) from error
        if sqlite.locked(error.orig):
            raise _AgainError(error, unknown=False, away=True) from error
        if _rolled_back(error):
            raise _AgainError(error, unknown=False, away=False) from error
        raise


def _lost(error: DBAPIError) -> bool:
    """Whether there is no connection any longer; nobody loses a file."""
    if isinstance(error.orig, sqlite3.Error):
        return False
    from controller.store import postgresql_driver  # noqa: PLC0415 - only where there is a server

    return postgresql_driver.lost(error.orig)


def _rolled_back(error: DBAPIError) -> bool:
    """Whether others were in the way at a server."""
    if isinstance(error.orig, sqlite3.Error):
        return False
    from controller.store import postgresql_driver  # noqa: PLC0415 - only where there is a server

    return postgresql_driver.rolled_back(error.orig)
