"""Bounds the time a question may take, so that none keeps the others waiting for ever."""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError

from controller.query.traces.patterns import matches
from controller.store.traces.comparisons import MATCHES
from loadcell.errors import LoadcellError

SECONDS = 10.0
_STEPS = 20_000  # of SQLite's machine between two looks at the clock

_COUNTDOWN = "countdown"  # of a connection, while a question is bounded
# A statement of PostgreSQL may take what was left when it was last told, up to this part of the whole time ago.
_SLACK = 0.1


@contextmanager
def bounded(connection: Connection, seconds: float = SECONDS) -> Iterator[float]:
    """End what is asked inside after some seconds, in however many statements.

    SQLite gets the function that matches patterns. A part of a question that is bounded has the time of the whole.

    Yields:
        Until when there is time, in seconds of the monotonic clock.

    Raises:
        LoadcellError: REQUEST_TIMEOUT.
    """
    info = connection.info
    if _COUNTDOWN in info:
        yield info[_COUNTDOWN].until
        return
    before_each = info[_COUNTDOWN] = _Countdown(seconds)
    until = before_each.until
    driver = connection.connection.driver_connection
    try:
        if isinstance(driver, sqlite3.Connection):
            _bound_sqlite(connection, driver, until)
        else:
            _tell(connection, seconds)
            event.listen(connection, "before_cursor_execute", before_each)
        yield until
    except DBAPIError as error:
        if _ended(error.orig):
            raise _too_long(seconds) from error
        raise
    finally:
        del info[_COUNTDOWN]
        if isinstance(driver, sqlite3.Connection):
            driver.set_progress_handler(None, 0)
        elif event.contains(connection, "before_cursor_execute", before_each):
            event.remove(connection, "before_cursor_execute", before_each)


def check_time(connection: Connection) -> None:
    """Give up a question for which there is no time left; one that is not bounded has time.

    Raises:
        LoadcellError: REQUEST_TIMEOUT.
    """
    if _COUNTDOWN in connection.info:
        connection.info[_COUNTDOWN].left()


class _Countdown:
    """Tells PostgreSQL before a statement how much time is left, when it is much less than it was told before."""

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self._seconds = self._told = seconds

    def left(self) -> float:
        """Return how many seconds are left; REQUEST_TIMEOUT when there are none."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise _too_long(self._seconds)
        return left

    def __call__(self, connection: Connection, *_of_statement: object) -> None:
        left = self.left()
        if left < self._told - _SLACK * self._seconds:
            self._told = left
            _tell(connection, left)


def _tell(connection: Connection, seconds: float) -> None:
    """Tell PostgreSQL how much time the statements of this transaction have."""
    from controller.store.postgresql_driver import carry_out  # noqa: PLC0415 - only where there is a server

    milliseconds = math.ceil(seconds * 1_000)  # 0 would be no bound
    carry_out(connection, f"SET LOCAL statement_timeout = {milliseconds}")


def _too_long(seconds: float) -> LoadcellError:
    return LoadcellError(
        "REQUEST_TIMEOUT",
        f"the question took more than {seconds:g} s; ask for a shorter time, or for one model, project,"
        " user or run",
    )


def _bound_sqlite(connection: Connection, driver: sqlite3.Connection, until: float) -> None:
    # Once for each connection: every prepared statement would be prepared again after it.
    if MATCHES not in connection.info:
        driver.create_function(MATCHES, 2, _matches, deterministic=True)
        connection.info[MATCHES] = True
    driver.set_progress_handler(lambda: time.monotonic() > until, _STEPS)


def _matches(pattern: str, text: str | None) -> bool:
    return text is not None and matches(pattern, text)


def _ended(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
    from controller.store.postgresql_driver import timed_out  # noqa: PLC0415 - only where there is a server

    return timed_out(error)
