"""Costs over time, and by dimension."""

from __future__ import annotations

from collections.abc import Mapping

from controller.messages import timestamp
from controller.query.costs.parameters import MAX_DAYS
from controller.query.costs.question import CostQuestion, Spent, ask, dearest_first, ratio, usd
from controller.query.metrics.parameters import INTERVALS, RAW, read_interval, read_period
from controller.scope import Scope
from controller.store.cost_covers import cover_question
from controller.store.costs import newest_seconds, spent_by, spent_over_time
from controller.store.database import Connection
from loadcell.errors import LoadcellError
from loadcell.v1 import cost_pb2

MAX_POINTS = 100_000
MAX_SECONDS = 10_000  # points of the finest granularity
_DEFAULT_DAYS = 7
_MAX_ITEMS = 20


def get_cost_analytics(
    connection: Connection, request: cost_pb2.GetCostAnalyticsRequest, scope: Scope, now: int
) -> cost_pb2.GetCostAnalyticsResponse:
    """Return the costs of a period over time.

    Raises:
        LoadcellError: a parameter is wrong, and named.
    """
    question, granularity = _ask(request, scope, now)
    total = sum(spent_by(connection, cover_question(connection, question), ("provider",)).values(), Spent())
    analytics = cost_pb2.CostAnalytics(
        total_cost=usd(total.total),
        prompt_cost=usd(total.prompt),
        completion_cost=usd(total.completion),
        request_count=total.requests,
        avg_cost_per_request=ratio(usd(total.total), total.requests),
        time_series=_points(connection, question, granularity),
    )
    return cost_pb2.GetCostAnalyticsResponse(data=analytics)


def get_cost_breakdown(
    connection: Connection, request: cost_pb2.GetCostBreakdownRequest, scope: Scope, now: int
) -> cost_pb2.GetCostBreakdownResponse:
    """Return the costs of a period by model, user, provider and time.

    Raises:
        LoadcellError: a parameter is wrong, and named.
    """
    question, granularity = _ask(request, scope, now)
    spent = spent_by(connection, cover_question(connection, question), ("model", "user_id", "provider"))
    breakdown = cost_pb2.CostBreakdown(
        by_model=_items(spent, 0)[:_MAX_ITEMS],
        by_user=_items(spent, 1)[:_MAX_ITEMS],
        by_provider=_items(spent, 2),
        by_time=_points(connection, question, granularity),
    )
    return cost_pb2.GetCostBreakdownResponse(data=breakdown)


def _ask(
    request: cost_pb2.GetCostAnalyticsRequest | cost_pb2.GetCostBreakdownRequest, scope: Scope, now: int
) -> tuple[CostQuestion, str]:
    period = read_period(request.start_time, request.end_time, now, default_days=_DEFAULT_DAYS, max_days=MAX_DAYS)
    return ask(request, scope, period), read_interval(request.granularity, "granularity", raw=True)


def _points(connection: Connection, question: CostQuestion, granularity: str) -> list[cost_pb2.CostPoint]:
    if granularity == RAW:
        return [_point(second, spent) for second, spent in newest_seconds(connection, question, MAX_SECONDS)]
    width = INTERVALS[granularity]
    points = (question.period.end - question.period.start) // (width * 1_000_000)
    if points > MAX_POINTS:
        raise LoadcellError(
            "LIMIT_EXCEEDED",
            f"granularity {granularity} makes up to {points:,} points of this period, at most {MAX_POINTS:,} are"
            " answered at once; take a coarser one or a shorter period",
            field="granularity",
        )
    spent = spent_over_time(connection, cover_question(connection, question, width), width)
    return [_point(number * width, spent[number]) for number in sorted(spent)]


def _point(second: int, spent: Spent) -> cost_pb2.CostPoint:
    return cost_pb2.CostPoint(
        timestamp=timestamp(second * 1_000_000),
        total_cost=usd(spent.total),
        prompt_cost=usd(spent.prompt),
        completion_cost=usd(spent.completion),
        request_count=spent.requests,
    )


def _items(spent: Mapping[tuple[str | None, ...], Spent], position: int) -> list[cost_pb2.CostBreakdownItem]:
    total = sum(spent.values(), Spent())
    return [
        cost_pb2.CostBreakdownItem(
            dimension=name,
            total_cost=usd(part.total),
            request_count=part.requests,
            percentage=ratio(part.total, total.total) * 100,
        )
        for name, part in dearest_first(spent, position)
    ]
