"""RecommendService."""

# Names and signatures are those of the generated classes.
# ruff: noqa: N802

from __future__ import annotations

from typing import Any

import structlog

from controller.access.principal import note_project
from controller.access.projects import project_of_new
from controller.creation import create_run
from controller.dispatch.dispatcher import Dispatcher
from controller.limits.quotas import Quotas
from controller.load_rules import LoadRules
from controller.query.recommendations import require_answer, require_recommendation, state_of
from controller.recommend.plan import plan_recommendation
from controller.services.answers import Answers
from controller.services.caller import scope_of
from controller.store.database import Database
from controller.store.records import RunRecord
from loadcell.v1 import recommend_pb2, recommend_pb2_grpc

log = structlog.get_logger()


class RecommendServicer(recommend_pb2_grpc.RecommendServiceServicer):
    """Recommendations. They are runs: what holds for those is done where it is done for those."""

    def __init__(
        self, database: Database, dispatcher: Dispatcher, answers: Answers, *, quotas: Quotas, rules: LoadRules
    ) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._answers = answers
        self._quotas = quotas
        self._rules = rules

    async def CreateRecommendation(
        self, request: recommend_pb2.CreateRecommendationRequest, context: Any
    ) -> recommend_pb2.CreateRecommendationResponse:
        """Create the run that answers a question, and begin to drive it."""
        scope = scope_of(context)
        request.project_id = project_of_new(request.project_id, scope)
        plan = plan_recommendation(request)
        created = await create_run(
            request, plan, self._database, self._dispatcher, scope=scope, quotas=self._quotas, rules=self._rules
        )
        if created.run_id:
            log.info(
                "recommendation_request_received",
                run_id=created.run_id,
                server_url=plan.config.server_url,
                model=plan.config.model,
                peak_concurrency=request.workload.peak_concurrency,
            )
        return recommend_pb2.CreateRecommendationResponse(run_id=created.run_id, status=created.status)

    async def GetRecommendation(
        self, request: recommend_pb2.GetRecommendationRequest, context: Any
    ) -> recommend_pb2.GetRecommendationResponse:
        """Return how far a recommendation is."""
        return state_of(await self._find(request.run_id, context))

    async def GetRecommendationResult(
        self, request: recommend_pb2.GetRecommendationResultRequest, context: Any
    ) -> recommend_pb2.GetRecommendationResultResponse:
        """Return a recommendation."""
        scope = scope_of(context)
        return await self._database.read(lambda c: require_answer(c, request.run_id, scope))

    async def DeleteRecommendation(
        self, request: recommend_pb2.DeleteRecommendationRequest, context: Any
    ) -> recommend_pb2.DeleteRecommendationResponse:
        """Delete a recommendation, also when the caller does not wait for the end of it."""
        run = await self._find(request.run_id, context)
        note_project(run.project_id)

        async def delete() -> None:
            try:
                await self._dispatcher.delete(request.run_id)
                log.info("recommendation_deleted", run_id=request.run_id)
            finally:
                await self._answers.forget()

        await self._dispatcher.to_the_end(delete())
        return recommend_pb2.DeleteRecommendationResponse(deleted=request.run_id)

    async def _find(self, run_id: str, context: Any) -> RunRecord:
        scope = scope_of(context)
        return await self._database.read(lambda c: require_recommendation(c, run_id, scope))
