"""MetricsService."""

# Names and signatures are those of the generated classes.
# ruff: noqa: N802

from __future__ import annotations

from typing import Any

from controller.cache.kinds import Kind
from controller.query.metrics.custom import query_metrics
from controller.query.metrics.optimization import get_optimization
from controller.query.metrics.performance import get_performance
from controller.query.metrics.quality import get_quality
from controller.query.metrics.series import describe_metric, get_metrics
from controller.query.metrics.summary import get_summary
from controller.scope import Scope
from controller.services.answers import Answers
from controller.services.asking import Asking
from controller.services.caller import scope_of
from controller.store.database import Connection, Database
from loadcell.stats.advice import Thresholds
from loadcell.v1 import metrics_pb2, metrics_pb2_grpc


class MetricsServicer(metrics_pb2_grpc.MetricsServiceServicer):
    """Questions about many requests at once."""

    def __init__(self, database: Database, answers: Answers, thresholds: Thresholds) -> None:
        self._answers = answers
        self._asking = Asking(database, answers, Kind.METRICS)
        self._thresholds = thresholds

    async def GetMetrics(
        self, request: metrics_pb2.GetMetricsRequest, context: Any
    ) -> metrics_pb2.GetMetricsResponse:
        """Return metrics over time."""
        return await self._asking.answer(request, context, get_metrics)

    async def GetMetric(
        self, request: metrics_pb2.GetMetricRequest, context: Any
    ) -> metrics_pb2.GetMetricResponse:
        """Describe a metric."""

        async def compute() -> metrics_pb2.GetMetricResponse:
            return metrics_pb2.GetMetricResponse(data=describe_metric(request.metric_id))

        return await self._answers.give(Kind.METRICS, request, scope_of(context), compute)

    async def GetMetricsSummary(
        self, request: metrics_pb2.GetMetricsSummaryRequest, context: Any
    ) -> metrics_pb2.GetMetricsSummaryResponse:
        """Sum up a period."""
        return await self._asking.answer(request, context, get_summary)

    async def QueryMetrics(
        self, request: metrics_pb2.QueryMetricsRequest, context: Any
    ) -> metrics_pb2.QueryMetricsResponse:
        """Answer a query of several metrics."""
        return await self._asking.answer(request, context, query_metrics)

    async def GetPerformance(
        self, request: metrics_pb2.GetPerformanceRequest, context: Any
    ) -> metrics_pb2.GetPerformanceResponse:
        """Return latency and throughput."""
        return await self._asking.answer(request, context, get_performance)

    async def GetQuality(
        self, request: metrics_pb2.GetQualityRequest, context: Any
    ) -> metrics_pb2.GetQualityResponse:
        """Return success, failures and feedback."""
        return await self._asking.answer(request, context, get_quality)

    async def GetOptimization(
        self, request: metrics_pb2.GetOptimizationRequest, context: Any
    ) -> metrics_pb2.GetOptimizationResponse:
        """Say what could be better, and why."""

        def advise(
            connection: Connection, request: metrics_pb2.GetOptimizationRequest, scope: Scope, now: int
        ) -> metrics_pb2.GetOptimizationResponse:
            return get_optimization(connection, request, scope, now, self._thresholds)

        return await self._asking.answer(request, context, advise)
