"""Copies of a whole database, each in the form of its engine: a file of SQLite, or the rows of PostgreSQL."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from controller.store import backup_postgresql, backup_sqlite
from controller.store.migrate import HEAD, revisions
from controller.store.place import Place, describe
from controller.store.upkeep import UpkeepError, look_at
from loadcell.data_dir import make_private

_SQLITE, _POSTGRESQL = b"SQLite format 3\0", b"PK\3\4"
_PRIVATE = 0o600


def back_up(place: Place, file: Path) -> None:
    """Copy a database, which may be in use, to a file that only this user may read.

    Raises:
        UpkeepError: There is no database, the file is there already, or it cannot be written.
    """
    found = look_at(place)
    if not found.version:
        raise UpkeepError(f"database {describe(place)}: there is nothing to back up")
    if file.exists():
        raise UpkeepError(f"{file} is there already; name another file")
    with _replacing(file) as part:
        if isinstance(place, Path):
            backup_sqlite.copy(place, part)
        else:
            backup_postgresql.back_up(place, part)


def restore(file: Path, place: Place, *, force: bool) -> str:
    """Put a backup into the place of a database; return the revision it is of.

    Args:
        file: What `back_up` has made from a database of the same engine.
        place: Where to.
        force: Whether what is there may be lost.

    Raises:
        UpkeepError: The file is no backup, of a newer version or of another engine; there is a database already,
            or somebody works with it. Nothing has been changed.
    """
    archive = _is_archive(file)
    if archive == isinstance(place, Path):
        engine, other = ("PostgreSQL", "SQLite") if archive else ("SQLite", "PostgreSQL")
        raise UpkeepError(f"{file} is a backup of {engine} and cannot be restored to {other}")
    version = backup_postgresql.version_of(file) if archive else backup_sqlite.version_of(file)
    if version not in revisions():
        raise UpkeepError(
            f"{file} was written by a newer version of loadcell (revision {version}, ours is {HEAD}); install that"
            " version"
        )
    if not force and look_at(place).version:
        raise UpkeepError(f"database {describe(place)} is not empty; --force replaces everything in it")
    if isinstance(place, Path):
        with _replacing(place, make_folder=True) as part:
            backup_sqlite.copy(file, part)
            _give(part, place.parent)
            backup_sqlite.leave(place)
    else:
        backup_postgresql.restore(file, place)
    return version


def _give(file: Path, folder: Path) -> None:
    """Let a file that root has made belong to whose folder it is in: the controller is another user."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(file, owner.st_uid, owner.st_gid)


def _is_archive(file: Path) -> bool:
    try:
        with file.open("rb") as content:
            head = content.read(len(_SQLITE))
    except OSError as error:
        raise UpkeepError(f"{file}: {error.strerror}") from error
    if head == _SQLITE:
        return False
    if head.startswith(_POSTGRESQL):
        return True
    raise UpkeepError(f"{file} is no backup made with `loadcell db backup`")


@contextmanager
def _replacing(file: Path, *, make_folder: bool = False) -> Iterator[Path]:
    """Give a file beside one that takes its place when all has gone well, whole, and is removed otherwise.

    Raises:
        UpkeepError: It cannot be written, or somebody else is writing it.
    """
    part = file.with_name(f".{file.name}.part")
    try:
        if make_folder:
            make_private(file.parent)
        with _alone(part):
            try:
                yield part
                with part.open("rb") as written:
                    os.fsync(written.fileno())
                part.replace(file)
            finally:
                part.unlink(missing_ok=True)
    except OSError as error:
        raise UpkeepError(f"{file}: {error.strerror}") from error


@contextmanager
def _alone(part: Path) -> Iterator[None]:
    """Make an empty file that only this process writes; what one that was killed has left of it is gone.

    Raises:
        UpkeepError: Somebody else is writing it.
    """
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, _PRIVATE)
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had it may have put it into its place since it was opened.
            mine = part.exists() and os.path.samestat(part.stat(), os.fstat(opened))
        except BlockingIOError:
            mine = False
        if not mine:
            raise UpkeepError(f"{part}: somebody else is writing it; wait until that has ended")
        os.ftruncate(opened, 0)
        os.fchmod(opened, _PRIVATE)
        for companion in backup_sqlite.COMPANIONS:
            Path(f"{part}{companion}").unlink(missing_ok=True)
        yield
    finally:
        os.close(opened)
