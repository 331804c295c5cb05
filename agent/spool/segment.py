"""One append-only file of the spool."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path


class Segment:
    """A file and how many of its batches are still wanted.

    Nothing is forced to the disk: what was written outlives this process in the kernel's page cache, and an agent
    whose machine goes down has lost its load as well.

    Args:
        path: The file.
        size: Bytes it has.

    Attributes:
        size: Bytes it has, of whole records.
        waiting: Batches in it that are not acknowledged.
    """

    def __init__(self, path: Path, size: int = 0) -> None:
        self.path = path
        self.size = size
        self.waiting = 0
        self._file = -1

    def append(self, pieces: Sequence[bytes]) -> int:
        """Write pieces one after another, all or nothing, and return the offset behind the first.

        Raises:
            OSError: The disk is full or fails; the file is as it was.
        """
        if self._file < 0:
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        left, total = [memoryview(piece) for piece in pieces], sum(map(len, pieces))
        try:
            while left:
                written = os.writev(self._file, left)
                while left and written >= len(left[0]):
                    written -= len(left.pop(0))
                if left:
                    left[0] = left[0][written:]
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        offset = self.size + len(pieces[0])
        self.size += total
        self.waiting += 1
        return offset

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes of the file, fewer when it ends before.

        Raises:
            OSError: They cannot be read.
        """
        file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.pread(file, length, offset)
        finally:
            os.close(file)

    def close(self) -> None:
        """Close the file; it can still be read."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def delete(self) -> None:
        """Close and remove the file."""
        self.close()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
