"""How a batch lies in a segment file: a header with a checksum of its own, then the bytes. No I/O."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import NamedTuple

_MAGIC = b"\xf0LCb"
# Magic, bytes of the lease's identifier, bytes of the columns, CRC-32 of the columns, number of the batch.
_FIXED = struct.Struct(">4sHIIQ")
_CHECKSUM = struct.Struct(">I")


class Header(NamedTuple):
    """What is known of a batch without its bytes."""

    lease_id: str
    number: int
    length: int
    crc32: int


class Place(NamedTuple):
    """Where the columns of a batch lie."""

    segment: int
    offset: int
    length: int


@dataclass(slots=True)
class Scan:
    """What a segment holds.

    Attributes:
        records: Headers, each with the offset of its columns.
        damaged_bytes: Bytes in the middle that belong to no record that can be recognised.
        torn_bytes: Bytes at the end of a record that was being written when its writer died.
    """

    records: list[tuple[int, Header]] = field(default_factory=list)
    damaged_bytes: int = 0
    torn_bytes: int = 0


def encode(header: Header) -> bytes:
    """Return the bytes that stand before the columns of a batch."""
    lease = header.lease_id.encode()
    start = _FIXED.pack(_MAGIC, len(lease), header.length, header.crc32, header.number) + lease
    return start + _CHECKSUM.pack(zlib.crc32(start))


def scan(data: bytes) -> Scan:
    """Find the records of a segment; behind damage the next record that can be recognised is looked for.

    The columns are not looked at: whoever reads them compares their checksum.
    """
    found, position = Scan(), 0
    while position < len(data):
        parsed = _parse(data, position)
        if parsed is None:
            following = data.find(_MAGIC, position + 1)
            while following >= 0 and _parse(data, following) is None:
                following = data.find(_MAGIC, following + 1)
            if following < 0:
                found.torn_bytes = len(data) - position
                break
            found.damaged_bytes += following - position
            position = following
            continue
        header, offset = parsed
        if offset + header.length > len(data):
            found.torn_bytes = len(data) - position
            break
        found.records.append((offset, header))
        position = offset + header.length
    return found


def _parse(data: bytes, position: int) -> tuple[Header, int] | None:
    """Return the header at a position and where its columns begin, None when there is none."""
    if position + _FIXED.size > len(data):
        return None
    magic, lease_length, length, crc32, number = _FIXED.unpack_from(data, position)
    end = position + _FIXED.size + lease_length
    if magic != _MAGIC or end + _CHECKSUM.size > len(data):
        return None
    if _CHECKSUM.unpack_from(data, end)[0] != zlib.crc32(memoryview(data)[position:end]):
        return None
    lease_id = data[position + _FIXED.size : end].decode(errors="replace")
    return Header(lease_id, number, length, crc32), end + _CHECKSUM.size
