"""The arithmetic of shares that are handed over (decision 0007): what is left of one, who gets what. Pure.

A share of a level is (index, count): item `k` goes to lane `k` modulo the number of lanes, lane `l` to the share
with index `l` modulo count. So part `j` of `k` of a share is the share (index + count * j, count * k), and what
falls to worker `w` of `W` is part `w` of `W`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from controller.store.records import LeaseRecord
from loadcell.pacing.arrivals import due_blocks
from loadcell.pacing.schedule import BLOCK
from loadcell.pacing.shares import split
from loadcell.stats.columns import Ints, Mask
from loadcell.v1 import target_pb2

MAX_COUNT = 2**31 - 1  # of shares: share_count is an int32
MAX_UNSEEN = 1_000_000  # requests of a share that an agent may say it has begun while no sample of them is stored


@dataclass(frozen=True, slots=True)
class Share:
    """Share `index` of `count` of a level, from the ordinal `first` on."""

    index: int
    count: int
    first: int = 0

    @classmethod
    def of(cls, lease: LeaseRecord) -> Share:
        """Return the share of a lease."""
        return cls(lease.share_index, lease.share_count, lease.first_ordinal)

    def part(self, number: int, parts: int) -> Share:
        """Return part `number` of `parts`."""
        return Share(self.index + self.count * number, self.count * parts, self.first)

    def begun_at(self, first: int) -> Share:
        """Return what the share has from another ordinal on."""
        return Share(self.index, self.count, first)

    def lanes(self, plan: target_pb2.LevelPlan) -> int | None:
        """Return its requests in flight, which is also into how many parts it can be divided; None: no limit."""
        limit = plan.concurrency or plan.max_concurrency
        return split(limit, self.index, self.count) if limit else None

    def holds(self, plan: target_pb2.LevelPlan, ordinals: Ints) -> Mask:
        """Return which ordinals are the share's."""
        lane = ordinals % (plan.concurrency or plan.max_concurrency or self.count)
        held: Mask = (lane % self.count == self.index) & (ordinals >= self.first)
        return held

    def begun_by_word(self, told: int, stored: int) -> int:
        """Return one above the highest ordinal begun: what an agent tells, as far as it can be believed.

        Args:
            told: What it tells.
            stored: One above the highest ordinal with a sample.
        """
        return max(stored, min(told, stored + MAX_UNSEEN * self.count))

    def size(self, plan: target_pb2.LevelPlan, end: int) -> int:
        """Return how many ordinals it has from its first up to, and without, `end`."""
        limit = plan.concurrency or plan.max_concurrency or self.count
        return max(0, self._below(end, limit) - self._below(self.first, limit))

    def _below(self, end: int, limit: int) -> int:
        rounds, rest = divmod(end, limit)
        return rounds * split(limit, self.index, self.count) + split(rest, self.index, self.count)


def divide(plan: target_pb2.LevelPlan, shares: Sequence[Share], agents: int, end: int | None) -> list[Share]:
    """Divide shares among agents, each part to a different agent as long as there are any.

    Args:
        plan: The level.
        shares: What is left.
        agents: Agents there are, at least 1.
        end: Where the ordinals of the level end; None: nowhere.

    Returns:
        Parts that together are exactly the shares, none of them empty.
    """
    left = [share for share in shares if _left(plan, share, end)]
    if len(left) != 1:
        return left
    share = left[0]
    lanes = share.lanes(plan)
    most = [agents, MAX_COUNT // share.count]
    most += [] if lanes is None else [lanes]
    most += [] if end is None else [share.size(plan, end)]
    parts = max(1, min(most))
    return [share.part(number, parts) for number in range(parts)]


def _left(plan: target_pb2.LevelPlan, share: Share, end: int | None) -> bool:
    return share.lanes(plan) != 0 and (end is None or share.size(plan, end) > 0)


def undealt(lease: LeaseRecord, successors: Iterable[LeaseRecord]) -> list[Share]:
    """Return what of a lease its own agent still has: all of it, or the parts of the workers that are not lost.

    Args:
        lease: The lease.
        successors: The leases that have taken over from lost workers of it.
    """
    whole = Share.of(lease)
    taken = [Share.of(successor) for successor in successors]
    if not taken:
        return [whole]
    workers = taken[0].count // whole.count
    lost = {(share.index - whole.index) // whole.count for share in taken}
    return [whole.part(worker, workers) for worker in range(workers) if worker not in lost]


def arrivals(plan: target_pb2.LevelPlan, seed: int) -> Iterator[Ints]:
    """Yield the due offsets of an open level in nanoseconds, block by block."""
    return due_blocks(
        plan.rate,
        poisson=plan.arrival == target_pb2.ARRIVAL_POISSON,
        seed=seed,
        level=plan.index,
        count=plan.request_count or None,
        duration_ns=plan.duration_micros * 1000,
    )


def ordinals_end(plan: target_pb2.LevelPlan, seed: int) -> int | None:
    """Return how many ordinals a level has; None for a closed loop that is bounded by time."""
    if plan.request_count:
        return int(plan.request_count)
    return _arrival_count(plan.SerializeToString(deterministic=True), seed) if plan.rate else None


@lru_cache(maxsize=64)
def _arrival_count(plan: bytes, seed: int) -> int:
    """Return how many arrivals a level has; every cut asks, and going through all of them takes its time."""
    return sum(len(due) for due in arrivals(target_pb2.LevelPlan.FromString(plan), seed))


def first_due(plan: target_pb2.LevelPlan, seed: int, offset_micros: int) -> int:
    """Return the first ordinal of an open level that is due at an offset from its start or later."""
    ordinal = 0
    for due in arrivals(plan, seed):
        before = int(np.searchsorted(due, offset_micros * 1000))
        ordinal += before
        if before < len(due):
            break
    return ordinal


def ordinal_blocks(
    plan: target_pb2.LevelPlan, seed: int, first: int, end: int
) -> Iterator[tuple[Ints, Ints | None]]:
    """Yield the ordinals from `first` up to `end` in blocks, in open loops with due offsets in microseconds."""
    if plan.rate:
        start = 0
        for due in arrivals(plan, seed):
            low, high = max(first - start, 0), min(end - start, len(due))
            if low < high:
                yield np.arange(start + low, start + high), due[low:high] // 1000
            start += len(due)
            if start >= end:
                return
        return
    for start in range(first, end, BLOCK):
        yield np.arange(start, min(start + BLOCK, end)), None
