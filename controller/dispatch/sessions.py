"""The agents that are connected now."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import structlog

from controller.dispatch.active import run_id_of
from controller.dispatch.attention import Attention
from controller.dispatch.changes import Changes
from controller.dispatch.namesakes import Namesakes
from controller.lifecycle import lease_ended
from controller.store.records import AgentRecord
from loadcell.errors import LoadcellError
from loadcell.v1 import agent_pb2

log = structlog.get_logger()

OUTBOX = 10_000  # messages; an agent that does not read so many is as good as gone
MAX_ELSEWHERE = 1_000  # leases of other controllers an agent may tell of


@dataclass(slots=True, eq=False)
class Session:
    """One connection of an agent. `outbox` ends with None.

    `elsewhere` holds the agent's last word on leases of runs that this process does not drive; `uplink_bytes` are
    those of its batches that are not committed, by its last heartbeat. `instance_id` tells the agent's process
    from others of its id.
    """

    agent: AgentRecord
    instance_id: str = ""
    scrapes: bool = False  # whether it can be asked what a target says of itself
    outbox: asyncio.Queue[agent_pb2.SessionResponse | None] = field(default_factory=lambda: asyncio.Queue(OUTBOX))
    ended: LoadcellError | None = None
    elsewhere: dict[str, agent_pb2.LeaseUpdate] = field(default_factory=dict)
    uplink_bytes: int = 0

    def keep(self, update: agent_pb2.LeaseUpdate) -> None:
        """Remember the word of the agent on a lease that is looked after elsewhere."""
        if update.lease_id in self.elsewhere or len(self.elsewhere) < MAX_ELSEWHERE:
            self.elsewhere[update.lease_id] = update

    @property
    def works_for(self) -> str:
        """A run that the agent works for although this process does not drive it; empty: there is none."""
        at_work = (lease_id for lease_id, update in self.elsewhere.items() if not lease_ended(update.state))
        return next((run_id_of(lease_id) for lease_id in at_work), "")

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
        self.attention = Attention()
        self.changes = Changes()
        self.namesakes = Namesakes()
        self._sessions: dict[str, Session] = {}
        self._heard: dict[str, float] = {}  # seconds of `attention`

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._sessions.values()))

    def open(self, session: Session) -> None:
        """Take a new session in; an earlier one of the same agent ends.

        Raises:
            LoadcellError: SESSION_REPLACED, its process gave way to another one before.
        """
        agent_id = session.agent.agent_id
        self.namesakes.check(agent_id, session.instance_id)
        earlier = self._sessions.get(agent_id)
        if earlier is not None and session.instance_id and earlier.instance_id == session.instance_id:
            earlier.end(LoadcellError("SERVICE_UNAVAILABLE", "the agent has connected anew"))
        elif earlier is not None:
            log.warning("session_replaced", agent_id=agent_id)
            earlier.end(self.namesakes.give_way(agent_id, earlier.instance_id))
        self._sessions[agent_id] = session
        self.expect(agent_id)
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
        """Note a sign of life of an agent that is connected or expected."""
        if agent_id in self._heard:
            self.expect(agent_id)

    def expect(self, agent_id: str, extra_seconds: float = 0.0) -> None:
        """Give an agent the time of a lease, and more, to connect to this process or to show that it lives."""
        self._heard[agent_id] = max(self._heard.get(agent_id, 0.0), self.attention.seconds() + extra_seconds)

    def forget_lost(self) -> None:
        """Drop what is known of agents that are lost and not connected: they stay lost."""
        for agent_id in [a for a in self._heard if a not in self._sessions and self.lost(a)]:
            del self._heard[agent_id]

    def lost(self, agent_id: str) -> bool:
        """Whether an agent was not heard of for longer than a lease lasts, in time that it was listened to."""
        return self.attention.seconds() - self._heard.get(agent_id, -float("inf")) > self.lease_seconds

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

    def present(self) -> list[AgentRecord]:
        """Return the agents that are connected and heard of: a connection may be dead without anybody knowing."""
        return [agent for agent in self.connected() if not self.lost(agent.agent_id)]

    def usable(self) -> list[str]:
        """Return the agents that may get leases, by name."""
        return sorted(
            agent_id
            for agent_id, session in self._sessions.items()
            if not session.agent.draining and session.ended is None and not self.lost(agent_id)
        )
