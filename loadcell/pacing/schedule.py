"""Arrival times of open loops. Offsets are nanoseconds since the start of the level."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from loadcell.pacing.shares import WorkerShare

# Ordinals whose gaps are drawn together: 0.6 ms of work and 0.5 MB of memory at a time.
BLOCK = 65_536


def constant(
    rate: float, share: WorkerShare, *, first: int = 0, count: int | None, duration_ns: int
) -> Iterator[tuple[int, int]]:
    """Yield (ordinal, due offset) with due = ordinal / rate.

    Args:
        rate: Arrivals per second over all shares.
        share: Whose arrivals are wanted.
        first: Ordinals below this are passed over.
        count: Arrivals over all shares, or None when `duration_ns` bounds the level.
        duration_ns: Without a count, the arrivals whose due offset is below this are yielded.
    """
    for ordinal in share.ordinals(count, first):
        due = round(ordinal * 1e9 / rate)
        if count is None and due >= duration_ns:
            return
        yield ordinal, due


def poisson(
    rate: float,
    share: WorkerShare,
    *,
    seed: int,
    level: int,
    first: int = 0,
    count: int | None,
    duration_ns: int,
) -> Iterator[tuple[int, int]]:
    """Yield (ordinal, due offset) of one Poisson process that is the same whatever the number of shares.

    Gaps are independent and exponential with mean 1/rate. Every share walks through the whole sequence block by
    block and keeps its own ordinals, so memory stays flat.

    Args:
        rate: Arrivals per second over all shares.
        share: Whose arrivals are wanted.
        seed: Seed of the run.
        level: Position of the level in the run.
        first: Ordinals below this are passed over.
        count: Arrivals over all shares, or None when `duration_ns` bounds the level.
        duration_ns: Without a count, the arrivals whose due offset is below this are yielded.
    """
    number, elapsed = -1, 0.0
    times = np.empty(0)
    for ordinal in share.ordinals(count, first):
        while number < ordinal // BLOCK:
            number += 1
            times = elapsed + np.cumsum(gaps(seed, level, number))
            elapsed = float(times[-1])
        due = round(float(times[ordinal % BLOCK]) * 1e9 / rate)
        if count is None and due >= duration_ns:
            return
        yield ordinal, due


def gaps(seed: int, level: int, block: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Draw the gaps of a block in units of the mean. RandomState's streams never change between numpy versions."""
    words = [seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF, level, block]
    return np.random.RandomState(words).standard_exponential(BLOCK)
