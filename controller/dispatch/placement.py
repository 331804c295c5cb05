"""Which agents carry a run."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from controller.capacity import check_capacity, describe_excess, equal_shares, excess_note, find_demands
from controller.dispatch.active import ActiveRun
from controller.dispatch.leases import LeaseBook
from controller.dispatch.outcomes import CancelRequestedError
from controller.dispatch.selection import has_labels, labels_there, ranked, with_labels
from controller.dispatch.sessions import Sessions
from controller.store.records import AgentRecord
from loadcell.errors import LoadcellError
from loadcell.protocol import WAITING_FOR
from loadcell.v1 import result_pb2, target_pb2

CHECK_SECONDS = 0.25  # how often those who wait look for lost agents
NAMED_AGENTS = 3  # busy agents named to those who wait for them


@dataclass(frozen=True, slots=True)
class Placement:
    """Finds agents for runs among those that are connected."""

    book: LeaseBook
    agent_wait_seconds: float

    async def choose(self, run: ActiveRun, wanted: int) -> list[str]:
        """Return the agents to use, best first, once enough have the labels of the run and work for no other.

        They are this run's then.

        Raises:
            CancelRequestedError: The run was cancelled meanwhile.
            LoadcellError: NO_AGENTS_READY after `agent_wait_seconds` with too few agents.
        """
        sessions, config = self.book.sessions, run.record.config
        missing_since: float | None = None
        try:
            while True:
                seen = sessions.changes.revision
                if run.cancel_requested:
                    raise CancelRequestedError
                usable, taken = usable_agents(sessions, config.agent_labels), self._taken(run.record.run_id)
                free = self.free(run)
                best = ranked(free, mine=run.reserved, worker_count=config.worker_count)[:wanted]
                if len(best) == wanted:
                    chosen = [agent.agent_id for agent in best]
                    run.reserved.update(chosen)
                    return chosen
                if len(usable) >= wanted:
                    missing_since = None
                elif missing_since is None:
                    missing_since = time.monotonic()
                elif time.monotonic() - missing_since > self.agent_wait_seconds:
                    raise LoadcellError("NO_AGENTS_READY", self._missing(config, wanted, len(usable)))
                busy = {agent.agent_id: taken[agent.agent_id] for agent in usable if agent.agent_id in taken}
                self._wait_for(run, wanted, len(best), busy)
                await sessions.changes.wait(seen, CHECK_SECONDS)
        finally:
            run.waiting_for = ""

    async def choose_for(
        self, run: ActiveRun, level: target_pb2.LevelPlan, wanted: int
    ) -> tuple[list[str], list[str]]:
        """Return the agents for a level and what the result must say of their capacity.

        Agents that came into the run after the plan was compared with its agents may be too weak. Others are taken
        then if they can do it; if not, the run goes on and says so.

        Raises:
            CancelRequestedError, LoadcellError: As `choose`.
        """
        chosen, config = await self.choose(run, wanted), run.record.config
        if tuple(chosen) == run.checked[:wanted]:
            return chosen, []
        sessions = [self.book.sessions.get(agent_id) for agent_id in chosen]
        excess = self._excess(run, level, [session.agent for session in sessions if session is not None])
        if not excess:
            return chosen, []
        best = ranked(self.free(run), mine=(), worker_count=config.worker_count)[:wanted]
        if not config.force and len(best) == wanted and not self._excess(run, level, best):
            chosen = [agent.agent_id for agent in best]
            run.reserved.update(chosen)
            return chosen, []
        return chosen, [excess_note(level, excess)]

    def best_free(self, labels: Mapping[str, str]) -> AgentRecord:
        """Return the agent that a new run with these labels would take first, and leave it free.

        Raises:
            LoadcellError: NO_AGENTS_READY, there is none or all work for runs.
        """
        usable, taken = usable_agents(self.book.sessions, labels), self._taken("")
        free = [agent for agent in usable if agent.agent_id not in taken]
        if free:
            return ranked(free, mine=(), worker_count=0)[0]
        text = f"no agent{with_labels(labels)} is free"
        if usable:
            busy = {agent.agent_id: taken[agent.agent_id] for agent in usable}
            raise LoadcellError("NO_AGENTS_READY", "; ".join([text, *_busy_with(busy)]))
        raise LoadcellError("NO_AGENTS_READY", text + self._who_is_there(labels))

    def free(self, run: ActiveRun) -> list[AgentRecord]:
        """Return the agents that a run may take: those it has, and those that work for no other."""
        usable = usable_agents(self.book.sessions, run.record.config.agent_labels)
        taken = self._taken(run.record.run_id)
        return [agent for agent in usable if agent.agent_id not in taken]

    def _taken(self, own: str) -> dict[str, str]:
        """Return the agents that work for a run but `own`, and for which, also where another one drives it."""
        taken = {session.agent.agent_id: session.works_for for session in self.book.sessions}
        taken |= {agent_id: other.record.run_id for agent_id, other in self.book.runs.reservations().items()}
        return {agent_id: run_id for agent_id, run_id in taken.items() if run_id not in ("", own)}

    def _excess(self, run: ActiveRun, level: target_pb2.LevelPlan, agents: Sequence[AgentRecord]) -> str:
        return describe_excess(level, find_demands(run.record.config, level, equal_shares(agents)))

    def check_capacity(self, run: ActiveRun, agent_ids: Sequence[str]) -> list[str]:
        """Return what the result must say about the capacity of the chosen agents.

        Raises:
            LoadcellError: CAPACITY_EXCEEDED, and the run is not forced.
        """
        sessions = (self.book.sessions.get(agent_id) for agent_id in agent_ids)
        agents = [session.agent for session in sessions if session is not None]
        notes = check_capacity(run.record.config, [level.plan for level in run.levels], agents)
        run.checked = tuple(agent.agent_id for agent in agents)
        return notes

    def _wait_for(self, run: ActiveRun, wanted: int, have: int, busy: Mapping[str, str]) -> None:
        """Let watchers know what the run waits for."""
        labels = run.record.config.agent_labels
        parts = [f"{WAITING_FOR} {wanted - have} of {wanted} agents{with_labels(labels)}"]
        parts += _busy_with(busy)
        if draining := self._draining(labels):
            parts.append(f"{draining} draining")
        if run.waiting_for != (waiting := "; ".join(parts)):
            run.waiting_for = waiting
            run.changes.publish()

    def _missing(self, config: result_pb2.RunConfig, wanted: int, found: int) -> str:
        labels = config.agent_labels
        text = f"{found} of {wanted} agents{with_labels(labels)} were ready after {self.agent_wait_seconds:g} s"
        return text + self._who_is_there(labels)

    def _who_is_there(self, labels: Mapping[str, str]) -> str:
        """Say which agents there are that cannot be taken."""
        connected = self.book.sessions.connected()
        draining = self._draining(labels)
        text = f"; {draining} draining" if draining else ""
        if labels:
            text += f"; connected: {len(connected)}"
            text += f", {labels_there(connected, labels)}" if connected else ""
        return text

    def _draining(self, labels: Mapping[str, str]) -> int:
        return sum(agent.draining and has_labels(agent, labels) for agent in self.book.sessions.connected())


def usable_agents(sessions: Sessions, labels: Mapping[str, str]) -> list[AgentRecord]:
    """Return the agents with these labels that may get leases."""
    usable = set(sessions.usable())
    return [agent for agent in sessions.connected() if agent.agent_id in usable and has_labels(agent, labels)]


def _busy_with(busy: Mapping[str, str]) -> list[str]:
    """Name agents and the runs they work for, the first few."""
    parts = [f"{agent} busy with run {run_id}" for agent, run_id in islice(busy.items(), NAMED_AGENTS)]
    return [*parts, f"{len(busy) - NAMED_AGENTS} more busy"] if len(busy) > NAMED_AGENTS else parts
