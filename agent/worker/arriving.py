"""When the requests of a worker's share are due."""

from __future__ import annotations

from collections.abc import Iterator

from agent.worker.messages import Level
from loadcell.pacing import schedule
from loadcell.pacing.shares import WorkerShare


def arrivals(level: Level, share: WorkerShare, *, seed: int, first: int) -> Iterator[tuple[int, int]]:
    """Return (ordinal, due offset) of the measured requests of a share from ordinal `first` on.

    Due offsets count from the start of the level, wherever the share begins; they are 0 in a closed loop.
    """
    count = level.request_count or None
    if level.concurrency:
        return ((ordinal, 0) for ordinal in share.ordinals(count, first))
    rate, duration_ns = level.rate, level.duration_ns
    if level.poisson:
        return schedule.poisson(
            rate, share, seed=seed, level=level.index, first=first, count=count, duration_ns=duration_ns
        )
    return schedule.constant(rate, share, first=first, count=count, duration_ns=duration_ns)
