"""Looking at the target through an agent before any load is made."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from controller.dispatch.questions import Questions
from controller.dispatch.sessions import Sessions
from loadcell.v1 import agent_pb2, target_pb2


class Probes:
    """The probes that are waiting for an answer."""

    def __init__(self, sessions: Sessions) -> None:
        self._questions: Questions[agent_pb2.ProbeResult] = Questions(sessions, "its look at the target")

    async def ask(
        self,
        agent_id: str,
        target: target_pb2.TargetSpec,
        workload: target_pb2.WorkloadSpec,
        limit_seconds: float,
        *,
        given_up: Callable[[], bool],
    ) -> agent_pb2.ProbeResult | None:
        """Return what an agent found, None when the agent was lost or the probe given up meanwhile.

        Raises:
            LoadcellError: REQUEST_TIMEOUT, the agent did not answer in time.
        """
        probe = agent_pb2.Probe(probe_id=str(uuid.uuid4()), target=target, workload=workload)
        message = agent_pb2.SessionResponse(probe=probe)
        return await self._questions.ask(agent_id, probe.probe_id, message, limit_seconds, given_up=given_up)

    def answer(self, result: agent_pb2.ProbeResult) -> None:
        """Take the answer of an agent; one that nobody waits for is ignored."""
        self._questions.answer(result.probe_id, result)
