"""Timelines of events as the bytes that travel (SampleColumns.timelines); `loadcell.stats.timeline` reads them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

# 9 groups of 7 bits hold every int64 that is not negative.
_GROUPS = 9


def encode(gaps_micros: Ints, tokens: Ints, events_per_row: Ints) -> list[bytes]:
    """Return for each row its events, each as two unsigned LEB128 numbers: gap in microseconds, tokens.

    Args:
        gaps_micros: Gap before each event, all rows one after the other; not negative.
        tokens: Tokens of each event; not negative.
        events_per_row: Number of events of each row.
    """
    values = np.column_stack((gaps_micros, tokens)).ravel()
    sizes = np.ones(len(values), np.int64)
    for group in range(1, _GROUPS):
        longer = values >= 1 << (7 * group)
        if not longer.any():
            break
        sizes += longer
    ends = np.cumsum(sizes)
    encoded = np.zeros(int(ends[-1]) if len(ends) else 0, np.uint8)
    starts = ends - sizes
    for group in range(int(sizes.max(initial=0))):
        present = np.flatnonzero(sizes > group)
        more = np.where(sizes[present] > group + 1, 0x80, 0)
        encoded[starts[present] + group] = (values[present] >> (7 * group)) & 0x7F | more
    data = encoded.tobytes()
    value_ends = np.concatenate(([0], np.cumsum(2 * events_per_row)))
    byte_ends = np.concatenate(([0], ends))[value_ends].tolist()
    return [data[start:end] for start, end in pairwise(byte_ends)]
