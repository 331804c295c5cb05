"""Backups of SQLite: a database file, copied while others work with it."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from controller.store import sqlite
from controller.store.upkeep import UpkeepError

COMPANIONS = ("-wal", "-shm", "-journal")


def copy(source: Path, target: Path) -> None:
    """Copy a database to an empty file, as of one moment, and see that the copy is whole.

    Raises:
        OSError: There is no room for the copy.
        UpkeepError: It cannot be read or is damaged, or the copy cannot be written.
    """
    with _errors(source), closing(_read_only(source)) as original, closing(sqlite3.connect(target)) as made:
        # All in one step, beside which a controller writes ahead. Of several, each would begin anew after what was
        # written since the last, and with a busy controller they would never come to an end.
        original.backup(made)
        # One file without companions, wherever it is carried; the controller has it write ahead again.
        made.execute("PRAGMA journal_mode=DELETE")
        (said,) = made.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise UpkeepError(f"database {source} is damaged: {said}; `loadcell db check` tells more")


def version_of(file: Path) -> str:
    """Return the revision of a backup.

    Raises:
        UpkeepError: It is none.
    """
    with _errors(file), closing(_read_only(file)) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError as error:
            raise UpkeepError(f"{file} is no database of loadcell: {error}") from error
    return str(row[0]) if row else ""


def leave(place: Path) -> None:
    """See that nobody works with a database that is to be replaced, and take in what is written beside it.

    Raises:
        UpkeepError: Somebody does.
    """
    if not place.exists():
        # Left beside a file that somebody has removed, it would be taken for what was written to the new one.
        for companion in COMPANIONS:
            place.with_name(place.name + companion).unlink(missing_ok=True)
        return
    with _errors(place), closing(sqlite3.connect(place, timeout=0)) as connection:
        try:
            # Only who is alone with a file can turn off writing ahead.
            (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError:
            mode = "locked"
    if mode != "delete":
        raise UpkeepError(f"database {place} is in use; stop the controller first")


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)


@contextmanager
def _errors(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if sqlite.full(error):  # which is the disk of what is written, not of what is read
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise UpkeepError(f"database {file}: {error}") from error
