"""Decodes the timeline of one request: when each event came and how many tokens it carried."""

from __future__ import annotations

import numpy as np

from loadcell.stats.columns import Ints

# Longest LEB128 form of a number below 2^63.
_MAX_VARINT_BYTES = 9


def decode(timeline: bytes) -> tuple[Ints, Ints]:
    """Return the event times in microseconds since the request started, and the tokens of each event.

    A timeline holds for each event two unsigned LEB128 varints: microseconds since the event before (the first:
    since the start) and tokens.

    Raises:
        ValueError: The bytes are cut off or hold no whole number of events.
    """
    octets = np.frombuffer(timeline, np.uint8)
    if not len(octets):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    ends = np.flatnonzero(octets < 0x80)
    if not len(ends) or ends[-1] != len(octets) - 1 or len(ends) % 2:
        raise ValueError(f"timeline of {len(octets)} bytes is cut off")
    starts = np.concatenate(([0], ends[:-1] + 1))
    sizes = ends - starts + 1
    if sizes.max() > _MAX_VARINT_BYTES:
        raise ValueError("timeline holds a number above 2^63")
    positions = np.arange(len(octets)) - np.repeat(starts, sizes)
    numbers = np.add.reduceat((octets.astype(np.int64) & 0x7F) << (7 * positions), starts)
    return np.cumsum(numbers[0::2]), numbers[1::2]
