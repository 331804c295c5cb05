"""CostService."""

# Names and signatures are those of the generated classes.
# ruff: noqa: N802

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from controller.cache.kinds import Kind
from controller.query.costs.attribution import get_cost_attribution
from controller.query.costs.forecasting import get_cost_forecast
from controller.query.costs.over_time import get_cost_analytics, get_cost_breakdown
from controller.query.costs.summary import get_cost_summary
from controller.services.answers import Answers
from controller.services.asking import Asking
from controller.services.budgets import BudgetMethods
from controller.services.pricing import PricingMethods
from controller.store.database import Database
from loadcell.v1 import cost_pb2


class CostServicer(PricingMethods, BudgetMethods):
    """Questions about money, and what is kept about it."""

    def __init__(self, database: Database, answers: Answers, on_budget_change: Callable[[], None]) -> None:
        PricingMethods.__init__(self, database, answers)
        BudgetMethods.__init__(self, database, answers, on_budget_change)
        self._costs = Asking(database, answers, Kind.COSTS)
        self._forecasts = Asking(database, answers, Kind.FORECAST)

    async def GetCostSummary(
        self, request: cost_pb2.GetCostSummaryRequest, context: Any
    ) -> cost_pb2.GetCostSummaryResponse:
        """Sum up the costs of a period."""
        return await self._costs.answer(request, context, get_cost_summary)

    async def GetCostAttribution(
        self, request: cost_pb2.GetCostAttributionRequest, context: Any
    ) -> cost_pb2.GetCostAttributionResponse:
        """Divide the costs of a period among the values of a dimension."""
        return await self._costs.answer(request, context, get_cost_attribution)

    async def GetCostForecast(
        self, request: cost_pb2.GetCostForecastRequest, context: Any
    ) -> cost_pb2.GetCostForecastResponse:
        """Extend the daily costs of a period."""
        return await self._forecasts.answer(request, context, get_cost_forecast)

    async def GetCostAnalytics(
        self, request: cost_pb2.GetCostAnalyticsRequest, context: Any
    ) -> cost_pb2.GetCostAnalyticsResponse:
        """Return the costs of a period over time."""
        return await self._costs.answer(request, context, get_cost_analytics)

    async def GetCostBreakdown(
        self, request: cost_pb2.GetCostBreakdownRequest, context: Any
    ) -> cost_pb2.GetCostBreakdownResponse:
        """Return the costs of a period by model, user, provider and time."""
        return await self._costs.answer(request, context, get_cost_breakdown)
