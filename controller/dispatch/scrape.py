"""Asking the target through an agent what it says of itself."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Sequence

from controller.dispatch.questions import Questions
from controller.dispatch.sessions import Sessions
from controller.store.records import RunRecord
from controller.target import TargetSecrets, target_spec
from loadcell.errors import LoadcellError
from loadcell.server_metrics import MAX_SERIES
from loadcell.v1 import agent_pb2

LIMIT_SECONDS = 20.0  # the agent gives the page up after half of it
_TOO_OLD = "no agent of the run can read the server's metrics: they are of an earlier version, or gone"


class Scrapes:
    """The scrapes that are waiting for an answer."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._questions: Questions[agent_pb2.ScrapeResult] = Questions(sessions, "reading the target's metrics")

    async def ask(
        self, agent_ids: Sequence[str], run: RunRecord, secrets: TargetSecrets, *, given_up: Callable[[], bool]
    ) -> agent_pb2.ScrapeResult:
        """Return what the target says of itself, or why nobody could read it; nothing here fails."""
        for agent_id in agent_ids:
            session = self._sessions.get(agent_id)
            if session is None or not session.scrapes or self._sessions.lost(agent_id):
                continue
            scrape = agent_pb2.Scrape(scrape_id=str(uuid.uuid4()), target=target_spec(run, secrets))
            message = agent_pb2.SessionResponse(scrape=scrape)
            try:
                found = await self._questions.ask(
                    agent_id, scrape.scrape_id, message, LIMIT_SECONDS, given_up=given_up
                )
            except LoadcellError as error:
                return agent_pb2.ScrapeResult(error=error.message)
            if found is not None:
                return found
        return agent_pb2.ScrapeResult(error=_TOO_OLD)

    def answer(self, result: agent_pb2.ScrapeResult) -> None:
        """Take the answer of an agent; one that nobody waits for is ignored, one that cannot be true is none."""
        if len(result.series) > MAX_SERIES or not all(_sound(one) for one in result.series):
            result = agent_pb2.ScrapeResult(
                scrape_id=result.scrape_id, error="the agent told impossible figures of the target"
            )
        self._questions.answer(result.scrape_id, result)


def _sound(series: agent_pb2.ServerSeries) -> bool:
    return math.isfinite(series.value) and series.value >= 0
