"""Exact shares of a level: who executes which ordinals, with how many requests in flight.

Items go round the lanes, lanes go round the parts. Where requests in flight are limited (a closed loop, an open
loop with a cap) a lane is a slot: slot `s` of `c` has the ordinals congruent to `s` modulo `c`, agent `i` of `n`
the slots congruent to `i` modulo `n`, and its workers share these in the same way. So whoever has twice the slots
gets twice the requests, and all finish together. Without a limit there is one lane for each agent, and inside an
agent one for each worker.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count


def split(total: int, part: int, parts: int) -> int:
    """Return the part of `total` units that falls to `part` of `parts`: exact to the last unit."""
    return total // parts + (part < total % parts)


@dataclass(frozen=True, slots=True)
class Deal:
    """The items 0, 1, 2, ... that one part of several gets.

    Attributes:
        lanes: Number of lanes, at least 1. Item `k` belongs to lane `k` modulo `lanes`.
        part: Position of this part, from 0.
        parts: Number of parts. Lane `l` belongs to part `l` modulo `parts`.
    """

    lanes: int
    part: int
    parts: int

    @property
    def own_lanes(self) -> int:
        """Lanes of this part; 0 when there are more parts than lanes."""
        return split(self.lanes, self.part, self.parts)

    def size(self, total: int) -> int:
        """Return how many of the first `total` items are this part's."""
        rounds, rest = divmod(total, self.lanes)
        return rounds * self.own_lanes + split(rest, self.part, self.parts)

    def item(self, position: int) -> int:
        """Return this part's item number `position`, from 0. The part must have a lane."""
        rounds, lane = divmod(position, self.own_lanes)
        return rounds * self.lanes + self.part + lane * self.parts


@dataclass(frozen=True, slots=True)
class WorkerShare:
    """What one worker process does of a level.

    Attributes:
        agent: How the ordinals of the level are dealt to agents.
        worker: How the items of this agent are dealt to its workers.
        slots: Requests in flight: the closed loop's, or the cap of an open loop. 0: no cap.
    """

    agent: Deal
    worker: Deal
    slots: int

    @property
    def idle(self) -> bool:
        """Whether nothing of the level falls to this worker."""
        return self.agent.own_lanes == 0 or self.worker.own_lanes == 0

    @property
    def portion(self) -> float:
        """This worker's part of all requests of the level, 0 to 1."""
        if self.idle:
            return 0.0
        return self.agent.own_lanes / self.agent.lanes * self.worker.own_lanes / self.worker.lanes

    def size(self, total: int) -> int:
        """Return how many of the ordinals 0 to `total` - 1 are this worker's."""
        return 0 if self.idle else self.worker.size(self.agent.size(total))

    def ordinals(self, total: int | None, first: int = 0) -> Iterator[int]:
        """Yield this worker's ordinals in ascending order: from `first` on, below `total` unless it is None."""
        if self.idle:
            return
        begin = self.size(first)
        positions = count(begin) if total is None else range(begin, self.size(total))
        for position in positions:
            yield self.agent.item(self.worker.item(position))


def worker_share(
    *, concurrency: int, max_concurrency: int, share: int, shares: int, worker: int, workers: int
) -> WorkerShare:
    """Return the share of one worker of one agent.

    Args:
        concurrency: Requests in flight of a closed loop over all agents; 0 for an open loop.
        max_concurrency: Cap of an open loop over all agents; 0: no cap.
        share: Position of the agent, from 0.
        shares: Number of agents.
        worker: Position of the worker in its agent, from 0.
        workers: Number of workers of the agent.
    """
    limit = concurrency or max_concurrency
    agent_slots = split(limit, share, shares)
    return WorkerShare(
        agent=Deal(lanes=limit or shares, part=share, parts=shares),
        # The one lane of an agent without a slot carries nothing.
        worker=Deal(lanes=max(agent_slots, 1) if limit else workers, part=worker, parts=workers),
        slots=split(agent_slots, worker, workers),
    )
