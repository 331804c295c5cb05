"""What each agent does at a level, for who watches the run. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from controller.live.level import LiveLevel
from controller.store.records import LeaseRecord
from loadcell.documents import enum_words
from loadcell.stats.verdict import worst
from loadcell.v1 import agent_pb2, run_pb2

MAX_AGENTS = 100  # an update is sent five times a second
_STATES = enum_words(agent_pb2.LeaseState.DESCRIPTOR)


def describe_agents(leases: Sequence[LeaseRecord], level: LiveLevel) -> list[run_pb2.AgentProgress]:
    """Return what the agents of the leases of a level do, the first 100 of them.

    An agent that has taken over from another has several leases; its state is that of the newest.
    """
    agents: dict[str, run_pb2.AgentProgress] = {}
    for lease in leases:
        agent = agents.get(lease.agent_id)
        if agent is None:
            if len(agents) == MAX_AGENTS:
                continue
            agent = agents[lease.agent_id] = run_pb2.AgentProgress(agent_id=lease.agent_id)
        progress, verdict = level.share(lease.lease_id)
        agent.state = _STATES[lease.state]
        agent.started += progress.started
        agent.ended += progress.ended
        agent.in_flight += progress.in_flight
        agent.unacknowledged_batches += progress.unacknowledged_batches
        agent.verdict = worst([agent.verdict, verdict]) if agent.verdict else verdict
    return list(agents.values())
