"""The bytes of packed sketches.

A packed sketch is a sequence of little-endian numbers. Of words of 2 bytes where everything fits, and of 4 bytes
otherwise:

    format | bucket count n | zero count: 2 words | n bucket numbers, signed, ascending | n counts: 2 words each

In most sketches each bucket is near the one before, and the rest fits into 2 bytes. With fewer bytes there is less
to store and to read, and in both databases more of a rollup stays where its row is:

    format | n | zero count | first bucket number, signed: 2 bytes each | n distances from the bucket before, the
    first of them 0: 1 byte each | n counts: 1 byte each, or 2

A controller of the previous release reads what this one writes: a new format is read a release before it is
written.

So all sketches of one format can be read as a few arrays. Reading checks the structure, not every bit: whoever
stores the bytes is trusted to give them back as they were.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loadcell.stats.columns import Ints
from loadcell.stats.sketch import MAX_BUCKET

# Numbers of formats by the bytes of a word, and bytes of a count where buckets are near. Another bucket rule needs
# other numbers.
_WORDS = {1: 2, 2: 4}
_NEAR = {3: 1, 4: 2}
_FORMATS = {width: number for number, width in _WORDS.items()}
_NEAR_HEADER = struct.Struct("<HHHh")
_FURTHEST = 255  # from the bucket before
_HEADER_WORDS = 4
_WORDS_PER_BUCKET = 3


@dataclass(frozen=True, slots=True, eq=False)
class Sketches:
    """Several sketches, one after another; `sizes` has the number of buckets of each."""

    zero_counts: Ints
    sizes: Ints
    buckets: NDArray[np.signedinteger[Any]]
    counts: Ints


def read_sketches(blobs: Sequence[bytes]) -> Iterator[tuple[Ints, Sketches]]:
    """Yield the positions and the contents of the sketches of each format.

    Raises:
        ValueError: Bytes are no packed sketch.
    """
    heads = b"".join([blob[:2] for blob in blobs])
    formats = np.frombuffer(heads, "<u2") if len(heads) == 2 * len(blobs) else np.zeros(len(blobs), np.uint16)
    found = np.unique(formats).tolist()
    for number in found:
        alike = len(found) == 1
        which = np.arange(len(blobs)) if alike else np.flatnonzero(formats == number)
        mine = blobs if alike else [blobs[n] for n in which.tolist()]
        if number in _NEAR:
            yield which, _checked(_parse_near(mine, _NEAR[number]))
        elif number in _WORDS:
            yield which, _checked(_parse(mine, _WORDS[number]))
        else:
            raise ValueError("a sketch has no known format")


def _parse_near(blobs: Sequence[bytes], count_bytes: int) -> Sketches:
    lengths, header = np.fromiter(map(len, blobs), np.int64, len(blobs)), _NEAR_HEADER.size
    if (lengths < header).any():
        raise ValueError("a sketch is cut off")
    heads = np.frombuffer(b"".join([blob[:header] for blob in blobs]), "<u2").reshape(-1, _HEADER_WORDS)
    sizes = heads[:, 1].astype(np.int64)
    if (lengths != header + (1 + count_bytes) * sizes).any():
        raise ValueError("a sketch has another length than its number of buckets says")
    ends = (header + sizes).tolist()
    distances = np.frombuffer(
        b"".join([blob[header:end] for blob, end in zip(blobs, ends, strict=True)]), np.uint8
    )
    counts = np.frombuffer(
        b"".join([blob[end:] for blob, end in zip(blobs, ends, strict=True)]), f"<u{count_bytes}"
    ).astype(np.int64)
    # Added up across all sketches: what the one before has come to is taken off.
    buckets = np.cumsum(distances, dtype=np.int64)
    filled = np.flatnonzero(sizes)
    starts = (np.cumsum(sizes) - sizes)[filled]
    if distances[starts].any():
        raise ValueError("a sketch has a first bucket that is not its first")
    firsts = heads[:, 3].view("<i2")[filled].astype(np.int64)
    buckets += np.repeat(firsts - buckets[starts], sizes[filled])
    return Sketches(heads[:, 2].astype(np.int64), sizes, buckets, counts)


def _parse(blobs: Sequence[bytes], width: int) -> Sketches:
    lengths = np.fromiter(map(len, blobs), np.int64, len(blobs))
    header, per_bucket = _HEADER_WORDS * width, _WORDS_PER_BUCKET * width
    if (lengths < header).any() or (lengths % width).any():
        raise ValueError("a sketch is cut off")
    # Cut up and put together as bytes, which is several times as fast as gathering numbers.
    heads = np.frombuffer(b"".join([blob[:header] for blob in blobs]), f"<u{width}").reshape(-1, _HEADER_WORDS)
    sizes = heads[:, 1].astype(np.int64)
    if (lengths != header + per_bucket * sizes).any():
        raise ValueError("a sketch has another length than its number of buckets says")
    ends = (header + width * sizes).tolist()
    # As narrow as they are: looking at many takes as long as they have bytes.
    buckets = np.frombuffer(
        b"".join([blob[header:end] for blob, end in zip(blobs, ends, strict=True)]), f"<i{width}"
    )
    # Those of 2^63 and above come out negative.
    counts = np.frombuffer(
        b"".join([blob[end:] for blob, end in zip(blobs, ends, strict=True)]), f"<u{2 * width}"
    ).astype(np.int64)
    zero_counts = heads[:, 2:].copy().view(f"<u{2 * width}")[:, 0].astype(np.int64)
    return Sketches(zero_counts, sizes, buckets, counts)


def _checked(sketches: Sketches) -> Sketches:
    """Return sketches whose numbers can be true.

    Raises:
        ValueError: Buckets are out of range or out of order, or counts are not positive.
    """
    buckets, firsts = sketches.buckets, np.cumsum(sketches.sizes)[:-1]
    in_range = -MAX_BUCKET <= int(buckets.min(initial=0)) <= int(buckets.max(initial=0)) <= MAX_BUCKET
    ascends = buckets[1:] > buckets[:-1]
    ascends[firsts[(firsts > 0) & (firsts < len(buckets))] - 1] = True
    if not in_range or not ascends.all():
        raise ValueError("a sketch has buckets out of range or out of order")
    if sketches.zero_counts.min(initial=0) < 0 or sketches.counts.min(initial=1) <= 0:
        raise ValueError("a sketch has counts that are not positive")
    return sketches


def write_sketch(zero_count: int, buckets: Ints, counts: Ints) -> bytes:
    """Return the bytes of one sketch, as few as its numbers allow; buckets ascend, and counts are above zero."""
    near = _pack_near(zero_count, buckets, counts)
    return _pack_words(zero_count, buckets, counts) if near is None else near


def _pack_near(zero_count: int, buckets: Ints, counts: Ints) -> bytes | None:
    """Return the bytes of a sketch whose buckets are near each other, None of another."""
    size = len(buckets)
    if size == 0:
        return _NEAR_HEADER.pack(3, 0, zero_count, 0) if zero_count < 2**16 else None
    first, largest_count = int(buckets[0]), int(counts.max())
    distances = np.diff(buckets, prepend=first)
    if max(zero_count, largest_count, size, 2 * abs(first)) >= 2**16 or int(distances.max()) > _FURTHEST:
        return None
    number = 3 if largest_count < 2**8 else 4
    header = _NEAR_HEADER.pack(number, size, zero_count, first)
    return header + distances.astype(np.uint8).tobytes() + counts.astype(f"<u{_NEAR[number]}").tobytes()


def _pack_words(zero_count: int, buckets: Ints, counts: Ints) -> bytes:
    """Return the bytes of any sketch, in the narrowest words that hold its numbers."""
    largest_count = max(zero_count, int(counts.max(initial=0)))
    furthest_bucket = int(np.abs(buckets).max(initial=0))
    width = 2 if max(largest_count >> 16, len(buckets), 2 * furthest_bucket) < 2**16 else 4
    header = np.array([_FORMATS[width], len(buckets)], f"<u{width}").tobytes()
    zeros = zero_count.to_bytes(2 * width, "little")
    return header + zeros + buckets.astype(f"<i{width}").tobytes() + counts.astype(f"<u{2 * width}").tobytes()
