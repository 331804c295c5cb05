"""Agents that take no further work, whichever controller they are connected to and whichever was told."""

from __future__ import annotations

from dataclasses import dataclass, replace

from controller.dispatch.sessions import Session, Sessions
from controller.store.agents import list_draining, set_draining
from controller.store.database import Database
from loadcell.v1 import agent_pb2


@dataclass(slots=True)
class Draining:
    """Keeps the sessions of this controller in step with the database."""

    database: Database
    sessions: Sessions
    _written: int = 0  # so that what was read before a change does not undo it

    async def put(self, agent_id: str, *, draining: bool) -> None:
        """Store whether an agent is draining, and tell it if it is connected here."""
        await self.database.write(lambda c: set_draining(c, agent_id, draining=draining))
        self._written += 1
        session = self.sessions.get(agent_id)
        if session is not None:
            self._tell(session, draining=draining)

    async def follow(self) -> None:
        """Take note of what other controllers were told."""
        written = self._written
        found = await self.database.read(list_draining)
        if written == self._written:
            for session in self.sessions:
                draining = session.agent.agent_id in found
                if session.agent.draining != draining:
                    self._tell(session, draining=draining)

    def _tell(self, session: Session, *, draining: bool) -> None:
        session.agent = replace(session.agent, draining=draining)
        session.send(agent_pb2.SessionResponse(drain=agent_pb2.Drain(enabled=draining)))
        self.sessions.changes.publish()
