"""Agents as they are now: what is stored of them, and what those that are connected say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from controller.dispatch.dispatcher import Dispatcher
from controller.messages import agent_message
from controller.store.agents import list_agents
from controller.store.database import Database
from controller.store.records import AgentRecord
from loadcell.clock import wall_micros
from loadcell.documents import enum_words
from loadcell.v1 import fleet_pb2


def agent_messages(dispatcher: Dispatcher, agents: Sequence[AgentRecord]) -> list[fleet_pb2.Agent]:
    """Return the messages of agents that are stored."""
    sessions, counts = dispatcher.sessions, dispatcher.runs.lease_counts()
    lost_before = wall_micros() - round(sessions.lease_seconds * 1e6)
    # A connected agent's own record is fresher than the one in the database.
    present = {session.agent.agent_id: session for session in sessions}
    return [
        agent_message(
            present[agent.agent_id].agent if agent.agent_id in present else agent,
            lease_count=counts.get(agent.agent_id, 0),
            lost_before_micros=lost_before,
            uplink_bytes=present[agent.agent_id].uplink_bytes if agent.agent_id in present else 0,
        )
        for agent in agents
    ]


async def count_states(database: Database, dispatcher: Dispatcher) -> dict[str, int]:
    """Return how many agents are in each state, by its word."""
    found = agent_messages(dispatcher, await database.read(list_agents))
    states: Counter[int] = Counter(agent.state for agent in found)
    return {
        word: states[number]
        for number, word in enum_words(fleet_pb2.AgentState.DESCRIPTOR).items()
        if number != fleet_pb2.AGENT_STATE_UNSPECIFIED
    }
