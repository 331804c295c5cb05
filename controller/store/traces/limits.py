"""Bounds the time a question may take, so that none keeps the others waiting for ever."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import Connection, String, bindparam, func, select
from sqlalchemy.exc import DBAPIError

from controller.query.traces.patterns import matches
from controller.store.traces.comparisons import MATCHES
from loadcell.errors import LoadcellError

SECONDS = 10.0
_STEPS = 20_000  # of SQLite's machine between two looks at the clock
_OF_THIS_TRANSACTION = True
# Compiling a plan over many partitions takes longer than any question that is answered in time.
_BOUND = select(
    func.set_config("statement_timeout", bindparam("milliseconds", type_=String), _OF_THIS_TRANSACTION),
    func.set_config("jit", "off", _OF_THIS_TRANSACTION),
)


@contextmanager
def bounded(connection: Connection, seconds: float = SECONDS) -> Iterator[None]:
    """End the statements made inside after some seconds; SQLite gets the function that matches patterns.

    Raises:
        LoadcellError: REQUEST_TIMEOUT.
    """
    driver = connection.connection.driver_connection
    try:
        if isinstance(driver, sqlite3.Connection):
            _bound_sqlite(connection, driver, seconds)
        else:
            connection.execute(_BOUND, {"milliseconds": str(int(seconds * 1_000))})
        yield
    except DBAPIError as error:
        if _ended(error.orig):
            raise LoadcellError(
                "REQUEST_TIMEOUT",
                f"the question took more than {seconds:g} s; ask for a shorter time, or for one model, project,"
                " user or run",
            ) from error
        raise
    finally:
        if isinstance(driver, sqlite3.Connection):
            driver.set_progress_handler(None, 0)


def _bound_sqlite(connection: Connection, driver: sqlite3.Connection, seconds: float) -> None:
    # Once for each connection: every prepared statement would be prepared again after it.
    if MATCHES not in connection.info:
        driver.create_function(MATCHES, 2, _matches, deterministic=True)
        connection.info[MATCHES] = True
    until = time.monotonic() + seconds
    driver.set_progress_handler(lambda: time.monotonic() > until, _STEPS)


def _matches(pattern: str, text: str | None) -> bool:
    return text is not None and matches(pattern, text)


def _ended(error: BaseException | None) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_INTERRUPT or isinstance(error, psycopg.errors.QueryCanceled)
