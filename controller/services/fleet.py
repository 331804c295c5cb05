"""FleetService."""

# Names and signatures are those of the generated classes.
# ruff: noqa: N802, ARG002

from __future__ import annotations

import time
from typing import Any

from controller.admission import Admissions
from controller.agent_states import agent_messages, count_states
from controller.dispatch.dispatcher import Dispatcher
from controller.lifecycle import STATUS_WORDS
from controller.query import cursor
from controller.query.results import is_visible
from controller.services.agent_tokens import AgentTokenMethods
from controller.services.caller import scope_of
from controller.store.agents import count_agents, get_agent, list_agents
from controller.store.database import Database
from controller.store.run_history import count_by_status
from loadcell.errors import LoadcellError
from loadcell.v1 import fleet_pb2

MAX_RUNS = 50


class FleetServicer(AgentTokenMethods):
    """What operators and monitoring call."""

    def __init__(self, database: Database, dispatcher: Dispatcher, admissions: Admissions) -> None:
        super().__init__(database, admissions)
        self._database = database
        self._dispatcher = dispatcher

    async def ListAgents(self, request: fleet_pb2.ListAgentsRequest, context: Any) -> fleet_pb2.ListAgentsResponse:
        """Return a page of agents."""
        limit = cursor.page_size(request.limit if request.HasField("limit") else None)
        after = str(cursor.decode(request.cursor, "agents", (str,))[0]) if request.cursor else ""
        found = await self._database.read(lambda c: list_agents(c, limit=limit + 1, after=after))
        page = found[:limit]
        return fleet_pb2.ListAgentsResponse(
            agents=agent_messages(self._dispatcher, page),
            next_cursor=cursor.encode("agents", [page[-1].agent_id]) if len(found) > limit else "",
            total=await self._database.read(count_agents),
        )

    async def GetAgent(self, request: fleet_pb2.GetAgentRequest, context: Any) -> fleet_pb2.GetAgentResponse:
        """Return one agent."""
        return fleet_pb2.GetAgentResponse(agent=await self._agent(request.agent_id))

    async def DrainAgent(self, request: fleet_pb2.DrainAgentRequest, context: Any) -> fleet_pb2.DrainAgentResponse:
        """Stop or restart the supply of leases to an agent."""
        await self._dispatcher.draining.put(request.agent_id, draining=not request.resume)
        return fleet_pb2.DrainAgentResponse(agent=await self._agent(request.agent_id))

    async def GetLiveMetrics(
        self, request: fleet_pb2.GetLiveMetricsRequest, context: Any
    ) -> fleet_pb2.GetLiveMetricsResponse:
        """Return what the exporter publishes."""
        now = time.monotonic()
        # Active runs first, then those that ended last.
        scope = scope_of(context)
        mine = [run for run in self._dispatcher.runs if is_visible(run.record, scope)]
        runs = sorted(mine, key=lambda run: run.ended_at or float("inf"), reverse=True)[:MAX_RUNS]
        totals = self._dispatcher.committer.totals
        return fleet_pb2.GetLiveMetricsResponse(
            runs=[run.live.metrics(run.record.model, STATUS_WORDS[run.record.state], now) for run in runs],
            agent_counts=await count_states(self._database, self._dispatcher),
            run_counts=await self._database.read(lambda c: count_by_status(c, scope)),
            batches_committed=totals.batches,
            batches_duplicate=totals.duplicates,
            samples_committed=totals.samples,
        )

    async def _agent(self, agent_id: str) -> fleet_pb2.Agent:
        found = await self._database.read(lambda c: get_agent(c, agent_id))
        if found is None:
            shown = agent_id[:128]
            raise LoadcellError("AGENT_NOT_FOUND", f"there is no agent {shown}", metadata={"agent_id": shown})
        return agent_messages(self._dispatcher, [found])[0]
