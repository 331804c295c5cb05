"""The costs of a period at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controller.messages import timestamp
from controller.query.costs.days import (
    by_week,
    change_percent,
    days_of,
    growth_percent,
    spell,
    whole_days,
    whole_weeks,
)
from controller.query.costs.parameters import MAX_DAYS, read_limit
from controller.query.costs.question import Spent, ask, dearest_first, ratio, usd
from controller.query.metrics.parameters import DAY_MICROS, Period, read_period
from controller.scope import Scope
from controller.store.cost_covers import cover_question
from controller.store.costs import spent_by, spent_over_time
from controller.store.database import Connection
from controller.store.dearest import CostlyRequest, dearest_requests
from controller.trace_ids import trace_id
from loadcell.stats.rollup import DAY
from loadcell.v1 import cost_pb2

DIMENSIONS = ("provider", "model", "environment")
MAX_SHARES = 50
_DEFAULT_DAYS = 30
_DEFAULT_TOP, _MAX_TOP = 10, 100


def get_cost_summary(
    connection: Connection, request: cost_pb2.GetCostSummaryRequest, scope: Scope, now: int
) -> cost_pb2.GetCostSummaryResponse:
    """Return the summary of a period.

    Raises:
        LoadcellError: a parameter is wrong, and named.
    """
    period = read_period(request.start_time, request.end_time, now, default_days=_DEFAULT_DAYS, max_days=MAX_DAYS)
    question = ask(request, scope, period)
    limit = read_limit(
        request.top_limit if request.HasField("top_limit") else _DEFAULT_TOP, "top_limit", most=_MAX_TOP
    )
    covered = cover_question(connection, question, DAY)
    days = spent_over_time(connection, covered, DAY)
    summary = summarize(period, spent_by(connection, covered, DIMENSIONS), days)
    if _wanted(request, "include_trends"):
        summary.trends.CopyFrom(trends(period, days))
    if _wanted(request, "include_top_traces"):
        summary.top_traces.extend(costly_traces(dearest_requests(connection, covered, limit)))
    return cost_pb2.GetCostSummaryResponse(data=summary)


def _wanted(request: cost_pb2.GetCostSummaryRequest, name: str) -> bool:
    return bool(getattr(request, name)) if request.HasField(name) else True


def summarize(
    period: Period, spent: Mapping[tuple[str | None, ...], Spent], days: Mapping[int, Spent]
) -> cost_pb2.CostSummary:
    """Return the summary without trends and traces.

    Args:
        period: what was asked for.
        spent: what requests cost by the values of DIMENSIONS.
        days: what the requests of each day cost.
    """
    total = sum(spent.values(), Spent())
    by_provider, by_model, by_environment = (
        _shares(spent, position, total) for position in range(len(DIMENSIONS))
    )
    return cost_pb2.CostSummary(
        metadata=cost_pb2.CostMetadata(
            start_time=timestamp(period.start),
            end_time=timestamp(period.end),
            period_days=(period.end - period.start) / DAY_MICROS,
            generated_at=timestamp(period.now),
        ),
        overview=_overview(total, days, whole_days(period)),
        by_provider=by_provider,
        by_model=by_model,
        by_environment=by_environment,
    )


def trends(period: Period, days: Mapping[int, Spent]) -> cost_pb2.CostTrends:
    """Return costs over time; the first and last day and week are those of the period only.

    So growth is that of whole days and weeks: a day that is cut off would look like a fall of the costs.
    """
    dense = {day: days.get(day, Spent()) for day in days_of(period)}
    weeks, whole = by_week(dense), whole_days(period)
    return cost_pb2.CostTrends(
        daily=[trend_point(day, spent) for day, spent in dense.items()],
        weekly=[trend_point(day, spent) for day, spent in weeks.items()],
        growth_rate_daily=growth_percent([dense[day].total for day in whole]),
        growth_rate_weekly=growth_percent([weeks[day].total for day in whole_weeks(whole)]),
    )


def costly_traces(requests: Iterable[CostlyRequest]) -> list[cost_pb2.CostlyTrace]:
    """Return the messages of traces."""
    return [
        cost_pb2.CostlyTrace(
            trace_id=trace_id(one.key),
            timestamp=timestamp(one.ts),
            provider=one.provider,
            model=one.model,
            cost=usd(one.cost),
            tokens=one.tokens,
            duration_ms=max(one.duration_micros, 0) / 1e3,
            user_id=one.user_id,
        )
        for one in requests
    ]


def trend_point(day: int, spent: Spent) -> cost_pb2.CostTrendPoint:
    """Return the point of a day, or of the week that begins on it."""
    return cost_pb2.CostTrendPoint(date=spell(day), cost=usd(spent.total), requests=spent.requests)


def _overview(total: Spent, days: Mapping[int, Spent], whole: range) -> cost_pb2.CostOverview:
    return cost_pb2.CostOverview(
        total_cost=usd(total.total),
        prompt_cost=usd(total.prompt),
        completion_cost=usd(total.completion),
        total_requests=total.requests,
        total_tokens=total.tokens,
        avg_cost_per_request=ratio(usd(total.total), total.requests),
        avg_cost_per_1k_tokens=ratio(usd(total.total) * 1000, total.tokens),
        day_over_day_change=change_percent(days, whole, 1),
        week_over_week_change=change_percent(days, whole, 7),
    )


def _shares(
    spent: Mapping[tuple[str | None, ...], Spent], position: int, total: Spent
) -> list[cost_pb2.CostShare]:
    return [
        cost_pb2.CostShare(
            name=name,
            cost=usd(part.total),
            requests=part.requests,
            percentage=ratio(part.total, total.total) * 100,
            avg_cost_per_request=ratio(usd(part.total), part.requests),
        )
        for name, part in dearest_first(spent, position)[:MAX_SHARES]
    ]
