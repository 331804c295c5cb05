"""Which of several controllers drives a run: the one that its agents are connected to.

Agents choose their controller, so they may be connected to another one than the run was created at, or come back
to another one after theirs was killed. A controller that has none of them leaves the run to whoever has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from controller.dispatch.limits import agents_wanted
from controller.dispatch.ownership import known_dead
from controller.dispatch.selection import has_labels
from controller.dispatch.sessions import Sessions
from controller.lifecycle import lease_ended
from controller.store.agents import connected_elsewhere
from controller.store.database import Database
from controller.store.records import AgentRecord, LeaseRecord, LevelRecord, RunRecord
from loadcell.clock import wall_micros

STALE_SECONDS = 6.0  # beyond the duration of a lease: controllers tell of their agents every four seconds

Elsewhere = Mapping[str, list[AgentRecord]]
"""Agents by the controller they are connected to."""


@dataclass(frozen=True, slots=True)
class Replicas:
    """What this controller knows of the others."""

    database: Database
    sessions: Sessions
    owner: str

    async def elsewhere(self, *, without: str | None = None) -> Elsewhere:
        """Return the agents that were lately connected to other controllers, but for those known to be gone.

        Args:
            without: A controller that does not count.
        """
        since = self.stale()
        found = await self.database.read(lambda c: connected_elsewhere(c, self.owner, since))
        return {owner: agents for owner, agents in found.items() if owner != without and not known_dead(owner)}

    def stale(self) -> int:
        """Return since when an agent must have been heard of, by whichever controller, not to be lost."""
        return wall_micros() - round((self.sessions.lease_seconds + STALE_SECONDS) * 1e6)

    def belongs_elsewhere(
        self, run: RunRecord, levels: Iterable[LevelRecord], leases: Iterable[LeaseRecord], elsewhere: Elsewhere
    ) -> bool:
        """Whether another controller has the agents that a run needs, and this one has not."""
        here = self._here(elsewhere)
        working = {lease.agent_id for lease in leases if not lease_ended(lease.state)}
        if working:
            return not _any_of(working, here) and any(_any_of(working, agents) for agents in elsewhere.values())
        wanted = max((agents_wanted(run.config, level.plan) for level in levels if not level.finished), default=0)
        return _count(run, here) < wanted and any(_count(run, agents) >= wanted for agents in elsewhere.values())

    def _here(self, elsewhere: Elsewhere) -> list[AgentRecord]:
        """Return the agents that are connected here, but for those that were heard of elsewhere since."""
        gone = {agent.agent_id: agent.last_seen_at for agents in elsewhere.values() for agent in agents}
        return [agent for agent in self.sessions.present() if gone.get(agent.agent_id, 0) <= agent.last_seen_at]


def _any_of(agent_ids: set[str], agents: Iterable[AgentRecord]) -> bool:
    return any(agent.agent_id in agent_ids for agent in agents)


def _count(run: RunRecord, agents: Iterable[AgentRecord]) -> int:
    return sum(not agent.draining and has_labels(agent, run.config.agent_labels) for agent in agents)
