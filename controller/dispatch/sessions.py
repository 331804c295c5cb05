"""The agents that are connected now."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import structlog

from controller.dispatch.changes import Changes
from controller.store.records import AgentRecord
from loadcell.errors import LoadcellError
from loadcell.v1 import agent_pb2

log = structlog.get_logger()

OUTBOX = 10_000  # messages; an agent that does not read so many is as good as gone


@dataclass(slots=True, eq=False)
class Session:
    """One connection of an agent. `outbox` ends with None."""

    agent: AgentRecord
    outbox: asyncio.Queue[agent_pb2.SessionResponse | None] = field(default_factory=lambda: asyncio.Queue(OUTBOX))
    ended: LoadcellError | None = None

    def send(self, message: agent_pb2.SessionResponse) -> None:
        """Queue a message for the agent."""
        if self.outbox.qsize() >= OUTBOX - 1:
            self.end(LoadcellError("SERVICE_UNAVAILABLE", "the agent does not read what is sent to it"))
        elif self.ended is None:
            self.outbox.put_nowait(message)

    def end(self, error: LoadcellError) -> None:
        """End the session with an error once the agent has read what was queued before."""
        if self.ended is None:
            self.ended = error
            self.finish()

    def finish(self) -> None:
        """Let the session end after what is queued; there is always a place left for this."""
        if not self.outbox.full():
            self.outbox.put_nowait(None)


class Sessions:
    """All sessions, and when each agent was last heard of."""

    def __init__(self, lease_seconds: float) -> None:
        self.lease_seconds = lease_seconds
        self.changes = Changes()
        self._sessions: dict[str, Session] = {}
        self._heard: dict[str, float] = {}  # seconds of the monotonic clock

    def open(self, session: Session) -> None:
        """Take a new session in; an earlier one of the same agent ends."""
        agent_id = session.agent.agent_id
        earlier = self._sessions.get(agent_id)
        if earlier is not None:
            log.warning("session_replaced", agent_id=agent_id)
            earlier.end(
                LoadcellError("SESSION_REPLACED", f"another agent has connected with the identifier {agent_id}")
            )
        self._sessions[agent_id] = session
        self.hear(agent_id)
        self.changes.publish()

    def close(self, session: Session) -> None:
        """Take a session out."""
        if self._sessions.get(session.agent.agent_id) is session:
            del self._sessions[session.agent.agent_id]
            self.changes.publish()

    def close_all(self) -> None:
        """End every session because the controller stops."""
        for session in self._sessions.values():
            session.end(LoadcellError("SERVICE_UNAVAILABLE", "the controller is stopping"))

    def hear(self, agent_id: str) -> None:
        """Note a sign of life."""
        self._heard[agent_id] = time.monotonic()

    def expect(self, agent_id: str) -> None:
        """Give an agent that has not connected to this process yet the time of a lease to do so."""
        self._heard.setdefault(agent_id, time.monotonic())

    def lost(self, agent_id: str) -> bool:
        """Whether an agent was not heard of for longer than a lease lasts."""
        return time.monotonic() - self._heard.get(agent_id, -float("inf")) > self.lease_seconds

    def get(self, agent_id: str) -> Session | None:
        """Return the session of an agent, None when it is not connected."""
        return self._sessions.get(agent_id)

    def send(self, agent_id: str, message: agent_pb2.SessionResponse) -> None:
        """Send a message to an agent; one that is not connected is told what it must know when it comes back."""
        session = self._sessions.get(agent_id)
        if session is not None:
            session.send(message)

    def connected(self) -> list[AgentRecord]:
        """Return the agents that are connected."""
        return [session.agent for session in self._sessions.values()]

    def available(self, lease_counts: dict[str, int]) -> list[str]:
        """Return the agents that may get leases, those with the fewest leases first."""
        usable = [
            agent_id
            for agent_id, session in self._sessions.items()
            if not session.agent.draining and session.ended is None and not self.lost(agent_id)
        ]
        return sorted(usable, key=lambda agent_id: (lease_counts.get(agent_id, 0), agent_id))
