"""A period at a glance, compared with the one before."""

from __future__ import annotations

from typing import Any

import numpy as np

from controller.query.metrics.error_kinds import error_kinds
from controller.query.metrics.evaluate import evaluate_periods
from controller.query.metrics.figures import Figures
from controller.query.metrics.parameters import Period, read_period
from controller.query.metrics.question import Needs, Question, exact_filters
from controller.query.metrics.totals import measure, value, whole
from controller.scope import Scope
from controller.store.database import Connection
from loadcell.stats.changes import change_percent
from loadcell.stats.columns import Floats
from loadcell.v1 import metrics_pb2

MAX_ITEMS = 10
_MEASURES = [
    measure("request_count", "sum"),
    measure("total_cost", "sum"),
    measure("total_tokens", "sum"),
    measure("duration", "avg"),
    measure("duration", "p95"),
    measure("error_rate", "avg"),
    measure("unique_users", "count"),
    measure("unique_sessions", "count"),
]
# The list, what orders it, and whether its items are parts of a whole.
_TOP = (
    ("by_cost", measure("total_cost", "sum"), True),
    ("by_requests", measure("request_count", "sum"), True),
    ("by_duration", measure("duration", "avg"), False),
    ("by_errors", measure("error_count", "sum"), True),
)


def get_summary(
    connection: Connection, request: metrics_pb2.GetMetricsSummaryRequest, scope: Scope, now: int
) -> metrics_pb2.GetMetricsSummaryResponse:
    """Return the summary of a period.

    Raises:
        LoadcellError: a parameter is wrong, and named.
    """
    period = read_period(request.start_time, request.end_time, now, default_days=1)
    question = Question(
        scope,
        period,
        group_by=("provider", "model"),
        filters=exact_filters(
            provider=request.provider,
            model=request.model,
            environment=request.environment,
            project_id=request.project_id,
        ),
        needs=Needs(classes=True),
    )
    compares = not request.HasField("compare_previous_period") or request.compare_previous_period
    periods = [*([period.before()] if compares else []), period]
    *earlier, current = evaluate_periods(connection, question, _MEASURES, periods)
    figures, total = current.figures, current.total
    response = metrics_pb2.GetMetricsSummaryResponse()
    data = response.data
    _fill_period(data.current_period, total, period)
    for before in earlier:
        _fill_period(data.previous_period, before.total, periods[0])
        _fill_changes(data.changes, data.previous_period, data.current_period)
    data.top_items.SetInParent()
    for name, ordered_by, is_part in _TOP:
        _fill_top(getattr(data.top_items, name), figures, figures.measure(ordered_by), is_part=is_part)
    data.quality.error_count = whole(total, "error_count", "sum")
    data.quality.success_count = whole(total, "success_count", "sum")
    data.quality.error_rate = value(total, "error_rate", "avg") or 0.0
    data.quality.success_rate = value(total, "success_rate", "avg") or 0.0
    for kind in error_kinds(connection, question, total.failures):
        data.quality.most_common_errors.add(
            status_code=kind.name, count=kind.count, percentage=kind.percentage, sample_message=kind.message
        )
    return response


def _fill_period(data: metrics_pb2.PeriodSummary, total: Figures, period: Period) -> None:
    data.start_time.FromMicroseconds(period.start)
    data.end_time.FromMicroseconds(period.end)
    data.total_requests = whole(total, "request_count", "sum")
    data.total_cost_usd = value(total, "total_cost", "sum") or 0.0
    data.total_tokens = whole(total, "total_tokens", "sum")
    data.avg_duration_ms = value(total, "duration", "avg") or 0.0
    slow = value(total, "duration", "p95")
    if slow is not None:
        data.p95_duration_ms = slow
    data.error_rate = value(total, "error_rate", "avg") or 0.0
    data.success_rate = value(total, "success_rate", "avg") or 0.0
    data.unique_users = whole(total, "unique_users", "count")
    data.unique_sessions = whole(total, "unique_sessions", "count")


def _fill_changes(
    data: metrics_pb2.PeriodChanges, before: metrics_pb2.PeriodSummary, current: metrics_pb2.PeriodSummary
) -> None:
    data.requests_change_pct = change_percent(before.total_requests, current.total_requests)
    data.cost_change_pct = change_percent(before.total_cost_usd, current.total_cost_usd)
    data.duration_change_pct = change_percent(before.avg_duration_ms, current.avg_duration_ms)
    data.error_rate_change_pct = change_percent(before.error_rate, current.error_rate)


def _fill_top(
    items: Any,
    figures: Figures,
    values: Floats,
    *,
    is_part: bool,
) -> None:
    """Add the models with the largest values; those without one, and with nothing, are left out."""
    everything = float(np.nansum(values))
    # Equal ones stay in the order of their names.
    for position in np.argsort(-values, kind="stable")[:MAX_ITEMS].tolist():
        found = float(values[position])
        if not found > 0:
            break
        provider, model = figures.groups[int(figures.group[position])]
        items.add(
            provider=provider,
            model=model,
            value=found,
            percentage=100 * found / everything if is_part else None,
        )
