"""Where the bytes of a file go: to the disk, counted and hashed on the way."""

from __future__ import annotations

import hashlib
import io
from typing import Any, BinaryIO


class TooLargeError(Exception):
    """The file would be larger than allowed."""


class HashingSink(io.RawIOBase):
    """Writes into a file, of which it never goes back; never more than `most` bytes."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        super().__init__()
        self._file = file
        self._most = most
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        """SHA-256 of what was written, hex."""
        return self._hash.hexdigest()

    def writable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the number of bytes written."""
        return self.size

    def write(self, data: Any, /) -> int:
        """Write all of `data`.

        Raises:
            TooLargeError: It does not fit any more.
            OSError: The disk is full or fails.
        """
        count = memoryview(data).nbytes
        if self.size + count > self._most:
            raise TooLargeError
        self._file.write(data)
        self._hash.update(data)
        self.size += count
        return count
