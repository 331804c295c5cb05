"""Looking at the target through an agent before any load is made."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from controller.dispatch.sessions import Session, Sessions
from controller.store.records import RunRecord
from controller.target import TargetSecrets, target_spec, workload_spec
from loadcell.errors import LoadcellError
from loadcell.v1 import agent_pb2

CHECK_SECONDS = 0.25  # how often a waiting probe looks whether its agent is still there


@dataclass(slots=True)
class Probes:
    """The probes that are waiting for an answer."""

    sessions: Sessions
    _waiting: dict[str, asyncio.Future[agent_pb2.ProbeResult]] = field(default_factory=dict)

    async def ask(
        self,
        agent_id: str,
        run: RunRecord,
        secrets: TargetSecrets,
        limit_seconds: float,
        *,
        given_up: Callable[[], bool],
    ) -> agent_pb2.ProbeResult | None:
        """Return what an agent found, None when the agent was lost or the probe given up meanwhile.

        Raises:
            LoadcellError: REQUEST_TIMEOUT, the agent did not answer in time.
        """
        session = self.sessions.get(agent_id)
        if session is None:
            return None
        probe = agent_pb2.Probe(
            probe_id=str(uuid.uuid4()),
            target=target_spec(run, secrets),
            workload=workload_spec(run.config, run.words_per_token),
        )
        answer: asyncio.Future[agent_pb2.ProbeResult] = asyncio.get_running_loop().create_future()
        self._waiting[probe.probe_id] = answer
        session.send(agent_pb2.SessionResponse(probe=probe))
        try:
            async with asyncio.timeout(limit_seconds):
                while self._present(agent_id, session) and not given_up():
                    done, _ = await asyncio.wait([answer], timeout=CHECK_SECONDS)
                    if done:
                        return answer.result()
        except TimeoutError as error:
            raise LoadcellError(
                "REQUEST_TIMEOUT", f"agent {agent_id} did not finish its look at the target in {limit_seconds:g} s"
            ) from error
        finally:
            del self._waiting[probe.probe_id]
        return None

    def _present(self, agent_id: str, session: Session) -> bool:
        return self.sessions.get(agent_id) is session and not self.sessions.lost(agent_id)

    def answer(self, result: agent_pb2.ProbeResult) -> None:
        """Take the answer of an agent; one that nobody waits for is ignored."""
        waiting = self._waiting.get(result.probe_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(result)
