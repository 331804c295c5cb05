"""Which process of this machine owns the controller of a database: a locked file that says where it listens.

The lock, not the process id in the file, tells whether the owner lives: the system drops it however the owner
dies.
"""

import fcntl
import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from loadcell.data_dir import make_private

_STARTING_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Owner:
    """A running controller.

    Attributes:
        pid: Process that started it.
        grpc: Address to dial.
        http: Address of the gateway, empty when there is none.
        database: Its database, without credentials.
        shared: Whether others may make load with it; a controller that belongs to one command ends with it.
    """

    pid: int
    grpc: str
    http: str
    database: str
    shared: bool


class Claim:
    """The right to run the controller of a database, until released or until this process ends."""

    def __init__(self, path: Path, file: IO[str]) -> None:
        self.path = path
        self._file = file
        self._forget()  # an owner that was killed left its address here, and nobody must dial it

    def publish(self, owner: Owner) -> None:
        """Tell other commands where the controller listens."""
        json.dump(asdict(owner), self._file)
        self._file.flush()

    def release(self) -> None:
        """Give the right back."""
        self._forget()
        self._file.close()

    def _forget(self) -> None:
        self._file.seek(0)
        self._file.truncate()


def find_or_claim(directory: Path, database: str, *, any_database: bool) -> Owner | Claim:
    """Return the running controller of a database, or the right to start one.

    Args:
        directory: The data directory.
        database: Database wanted, without credentials.
        any_database: Whether a controller over another database will do, because none was asked for by name.

    Raises:
        TimeoutError: Another command holds the claim and does not say where its controller listens.
        OSError: The directory cannot be written.
    """
    make_private(directory)
    free: Claim | None = None
    for path in _claims(directory, database):
        found = _look(path)
        if isinstance(found, Claim):
            if free is None:
                free = found
            else:
                found.release()
        elif any_database or found.database == database:
            if free is not None:
                free.release()
            return found
    if free is None:
        raise TimeoutError(f"the controllers in {directory} do not answer")
    return free


def find_owner(directory: Path, database: str, *, any_database: bool) -> Owner | None:
    """Return the running controller of a database, None when there is none; nothing is waited for or changed.

    The arguments are those of `find_or_claim`.
    """
    for path in _claims(directory, database):
        try:
            file = path.open("r", encoding="utf-8")
        except OSError:
            continue
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                content = file.read()
            else:
                continue  # nobody holds it
        owner = Owner(**json.loads(content)) if content else None
        if owner is not None and (any_database or owner.database == database):
            return owner
    return None


def _claims(directory: Path, database: str) -> tuple[Path, Path]:
    digest = hashlib.sha256(database.encode()).hexdigest()[:12]
    return directory / "controller.json", directory / f"controller-{digest}.json"


def _look(path: Path) -> Owner | Claim:
    deadline = time.monotonic() + _STARTING_PATIENCE_SECONDS
    while True:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            content = file.read()
            file.close()
        else:
            return Claim(path, file)
        if content:
            return Owner(**json.loads(content))
        if time.monotonic() > deadline:
            raise TimeoutError(f"another loadcell command holds {path} but does not become ready")
        time.sleep(0.05)
