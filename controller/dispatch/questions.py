"""Asking one agent something over its session and waiting for the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from controller.dispatch.sessions import Session, Sessions
from loadcell.errors import LoadcellError
from loadcell.v1 import agent_pb2

CHECK_SECONDS = 0.25  # how often a waiting question looks whether its agent is still there

T = TypeVar("T")


@dataclass(slots=True)
class Questions(Generic[T]):
    """The questions of one kind that are waiting for an answer; `what` the agent does is for messages."""

    sessions: Sessions
    what: str
    _waiting: dict[str, asyncio.Future[T]] = field(default_factory=dict)

    async def ask(
        self,
        agent_id: str,
        number: str,
        message: agent_pb2.SessionResponse,
        limit_seconds: float,
        *,
        given_up: Callable[[], bool],
    ) -> T | None:
        """Return what an agent answered, None when the agent was lost or the question given up meanwhile.

        Raises:
            LoadcellError: REQUEST_TIMEOUT, the agent did not answer in time.
        """
        session = self.sessions.get(agent_id)
        if session is None:
            return None
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        session.send(message)
        try:
            async with asyncio.timeout(limit_seconds):
                while self._present(agent_id, session) and not given_up():
                    done, _ = await asyncio.wait([answer], timeout=CHECK_SECONDS)
                    if done:
                        return answer.result()
        except TimeoutError as error:
            raise LoadcellError(
                "REQUEST_TIMEOUT", f"agent {agent_id} did not finish {self.what} in {limit_seconds:g} s"
            ) from error
        finally:
            del self._waiting[number]
        return None

    def _present(self, agent_id: str, session: Session) -> bool:
        return self.sessions.get(agent_id) is session and not self.sessions.lost(agent_id)

    def answer(self, number: str, result: T) -> None:
        """Take the answer of an agent; one that nobody waits for is ignored."""
        waiting = self._waiting.get(number)
        if waiting is not None and not waiting.done():
            waiting.set_result(result)
