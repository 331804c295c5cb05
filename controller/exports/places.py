"""Where the files of exports are kept: a folder, or a bucket of an S3-compatible store.

All of these calls block; they are made on threads of the exports.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from loadcell.data_dir import make_private

PIECE_BYTES = 2**20
PART = ".part"


class FileGoneError(Exception):
    """There is no such file in this place."""


class Place(Protocol):
    """Keeps finished files by their names."""

    def put(self, part: Path, name: str) -> None:
        """Keep a finished file, which is moved or copied; nobody ever sees a part of it."""
        ...

    def read(self, name: str, first: int, length: int) -> Iterator[bytes]:
        """Yield `length` bytes of a file from a position on, in pieces of at most PIECE_BYTES.

        Raises:
            FileGoneError: There is no such file, or it is shorter.
        """
        ...

    def delete(self, name: str) -> None:
        """Remove a file, if it is there."""
        ...

    def names(self) -> list[str]:
        """Return the names of the files that are kept."""
        ...


class Folder:
    """A folder of this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, part: Path, name: str) -> None:
        """Move a finished file here in one step."""
        make_private(self._path)
        part.rename(self._path / name)
        _sync(self._path)

    def read(self, name: str, first: int, length: int) -> Iterator[bytes]:
        """Yield a part of a file."""
        try:
            with (self._path / name).open("rb") as file:
                file.seek(first)
                while length:
                    piece = file.read(min(length, PIECE_BYTES))
                    if not piece:
                        raise FileGoneError
                    length -= len(piece)
                    yield piece
        except OSError as error:
            raise FileGoneError from error

    def delete(self, name: str) -> None:
        """Remove a file."""
        (self._path / name).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """Return the names of all files."""
        return sorted(path.name for path in self._path.iterdir()) if self._path.is_dir() else []


def _sync(folder: Path) -> None:
    """Let a new name survive a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
