"""Batches that are not acknowledged, in segment files of one directory."""

from __future__ import annotations

import errno
import os
import zlib
from pathlib import Path

import structlog

from agent.spool.claim import claim
from agent.spool.record import Header, Place, encode, scan
from agent.spool.segment import Segment
from loadcell.data_dir import make_private

# A segment stays on disk until its last batch is acknowledged: small ones give their room back early.
_SEGMENT_BYTES = 8 * 1024 * 1024

log = structlog.get_logger()


class DamagedError(Exception):
    """The bytes of a batch are not those that were written; the text says how that was seen."""


class Spool:
    """Keeps batches across the death of this process. One process owns a directory at a time.

    Every call is a few system calls on the page cache, tens of microseconds: nothing waits for the disk.

    Args:
        directory: Where the segments are; made when it is not there.
        limit_bytes: Most bytes of segments.

    Raises:
        SpoolInUseError: Another process has the directory.
        OSError: The directory cannot be made or written.
    """

    def __init__(self, directory: Path, limit_bytes: int) -> None:
        make_private(directory)
        self._directory = directory
        self._limit_bytes = limit_bytes
        self._segments: dict[int, Segment] = {}
        self._bytes = 0
        self._next = 1
        self._active: int | None = None
        self._lock = claim(directory)

    def recover(self) -> list[tuple[Header, Place]]:
        """Return what an earlier process has left, oldest first; each waits until it is released.

        Segments that cannot be read stay where they are; damage is logged.
        """
        found: list[tuple[Header, Place]] = []
        for path in sorted(self._directory.glob("*.segment")):
            if not path.stem.isdigit():
                continue
            key = int(path.stem)
            self._next = key + 1
            try:
                data = path.read_bytes()
            except OSError as error:
                log.error("spool_segment_unreadable", path=str(path), reason=error.strerror)  # noqa: TRY400
                continue
            content = scan(data)
            if content.damaged_bytes:
                log.error("spool_segment_damaged", path=str(path), damaged_bytes=content.damaged_bytes)
            if content.torn_bytes:
                log.info("spool_segment_torn", path=str(path), torn_bytes=content.torn_bytes)
            segment = self._segments[key] = Segment(path, len(data))
            segment.waiting = len(content.records)
            self._bytes += segment.size
            if not segment.waiting:
                self._delete(key)
            found += [(header, Place(key, offset, header.length)) for offset, header in content.records]
        return found

    def append(self, header: Header, columns: bytes) -> Place:
        """Keep a batch.

        Raises:
            OSError: It is not kept: the limit is reached, or the disk is full or fails.
        """
        start = encode(header)
        size = len(start) + len(columns)
        if self._bytes + size > self._limit_bytes:
            self.trim()
        if self._bytes + size > self._limit_bytes:
            raise OSError(errno.ENOSPC, "the limit of LOADCELL_SPOOL_MB is reached")
        key = self._writable(size)
        segment = self._segments[key]
        unwanted = segment.size > 0 and not segment.waiting
        try:
            offset = segment.append((start, columns))
        except OSError:
            self._retire()  # what failed once is not written to again
            if not unwanted:
                raise
            return self.append(header, columns)  # into the room that it has left
        self._bytes += size
        return Place(key, offset, len(columns))

    def read(self, place: Place, crc32: int) -> bytes:
        """Return the columns of a batch.

        Raises:
            DamagedError: They cannot be read or are not those that were written.
        """
        segment = self._segments[place.segment]
        try:
            columns = segment.read(place.offset, place.length)
        except OSError as error:
            raise DamagedError(f"{segment.path}: {error.strerror}") from error
        if len(columns) != place.length or zlib.crc32(columns) != crc32:
            raise DamagedError(f"{segment.path}: wrong checksum of the batch at byte {place.offset}")
        return columns

    def release(self, place: Place) -> None:
        """Let go of a batch.

        A segment of which nothing is wanted any more is removed, the one that is being written once it is full: to
        remove or to empty a file takes a millisecond and, while others wait for the disk, a hundred.
        """
        segment = self._segments[place.segment]
        segment.waiting -= 1
        if not segment.waiting and place.segment != self._active:
            self._delete(place.segment)

    def trim(self) -> None:
        """Remove the segment that is being written as well, if nothing in it is wanted."""
        if self._active is not None and not self._segments[self._active].waiting:
            self._retire()

    def close(self) -> None:
        """Give the directory to others; what is not released stays in it."""
        self._retire()
        os.close(self._lock)

    def _writable(self, size: int) -> int:
        """Return the segment that takes so many bytes."""
        if self._active is not None:
            segment = self._segments[self._active]
            if not segment.size or segment.size + size <= _SEGMENT_BYTES:
                return self._active
            self._retire()
        key = self._active = self._next
        self._next += 1
        self._segments[key] = Segment(self._directory / f"{key:012d}.segment")
        return key

    def _retire(self) -> None:
        if self._active is None:
            return
        key, self._active = self._active, None
        if self._segments[key].waiting:
            self._segments[key].close()
        else:
            self._delete(key)

    def _delete(self, key: int) -> None:
        segment = self._segments.pop(key)
        self._bytes -= segment.size
        segment.delete()
