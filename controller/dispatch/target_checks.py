"""Looking at a target through an agent for somebody who has no run yet."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from controller.dispatch.placement import Placement
from controller.dispatch.probe import Probes
from controller.store.records import AgentRecord
from controller.target import TargetSecrets, unprobed_target, workload_spec
from loadcell.errors import LoadcellError
from loadcell.v1 import agent_pb2, result_pb2

LIMIT_SECONDS: Final = 25.0  # of one check: a gateway waits 30 for an answer
AT_ONCE: Final = 16
AT_ONCE_EACH: Final = 4  # for one caller, so that nobody takes all
ATTEMPTS: Final = 3  # agents asked, when one is lost meanwhile


class TargetChecks:
    """The checks of targets that are going on."""

    def __init__(self, placement: Placement, probes: Probes) -> None:
        self._placement = placement
        self._probes = probes
        self._going_on: Counter[str] = Counter()

    async def look(
        self, config: result_pb2.RunConfig, secrets: TargetSecrets, caller: str
    ) -> tuple[AgentRecord, agent_pb2.ProbeResult]:
        """Return what the best agent that is free found, or that it found nothing in time, and which agent it was.

        Args:
            config: The target, and the labels of the agent.
            secrets: What the target must be told.
            caller: For whom it is.

        Raises:
            LoadcellError: NO_AGENTS_READY; TOO_MANY_REQUESTS.
        """
        deadline = time.monotonic() + LIMIT_SECONDS
        with self._counted(caller):
            for _ in range(ATTEMPTS):
                agent = self._placement.best_free(config.agent_labels)
                found = await self._ask(agent.agent_id, config, secrets, deadline)
                if found is not None:
                    return agent, found
        raise LoadcellError("NO_AGENTS_READY", f"{ATTEMPTS} agents were lost while they looked at the target")

    async def _ask(
        self, agent_id: str, config: result_pb2.RunConfig, secrets: TargetSecrets, deadline: float
    ) -> agent_pb2.ProbeResult | None:
        try:
            return await self._probes.ask(
                agent_id,
                unprobed_target(config, secrets),
                workload_spec(config, words_per_token=1.0),
                max(0.0, deadline - time.monotonic()),
                given_up=lambda: False,
            )
        except LoadcellError as error:
            return agent_pb2.ProbeResult(error=error.message, error_reason=error.reason)

    @contextmanager
    def _counted(self, caller: str) -> Iterator[None]:
        if self._going_on.total() >= AT_ONCE:
            raise LoadcellError(
                "TOO_MANY_REQUESTS", f"{AT_ONCE} targets are being looked at; ask again in a while"
            )
        if self._going_on[caller] >= AT_ONCE_EACH:
            raise LoadcellError(
                "TOO_MANY_REQUESTS",
                f"{AT_ONCE_EACH} targets are being looked at for this caller; ask again when one is done",
            )
        self._going_on[caller] += 1
        try:
            yield
        finally:
            self._going_on[caller] -= 1
            if not self._going_on[caller]:
                del self._going_on[caller]
