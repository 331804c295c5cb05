"""All arrivals of an open loop in blocks, for those who look at the whole of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from loadcell.pacing.schedule import BLOCK, gaps


def due_blocks(
    rate: float, *, poisson: bool, seed: int, level: int, count: int | None, duration_ns: int
) -> Iterator[NDArray[np.int64]]:
    """Yield the due offsets of the ordinals 0, 1, 2, ..., in nanoseconds, up to 65,536 at a time.

    They are those that `schedule.constant` and `schedule.poisson` give the shares.

    Args:
        rate: Arrivals per second over all shares.
        poisson: Whether the process is Poisson, else it is constant.
        seed: Seed of the run.
        level: Position of the level in the run.
        count: Arrivals over all shares, or None when `duration_ns` bounds the level.
        duration_ns: Without a count, the arrivals whose due offset is below this are yielded.
    """
    number, elapsed = 0, 0.0
    while True:
        first = number * BLOCK
        if poisson:
            times = elapsed + np.cumsum(gaps(seed, level, number))
            elapsed = float(times[-1])
        else:
            times = np.arange(first, first + BLOCK, dtype=np.float64)
        due = np.rint(times * 1e9 / rate).astype(np.int64)
        end = int(np.searchsorted(due, duration_ns)) if count is None else min(BLOCK, count - first)
        if end > 0:
            yield due[:end]
        if end < BLOCK:
            return
        number += 1
