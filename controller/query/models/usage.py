"""What a model was used for in a period."""

from __future__ import annotations

from typing import Any

from controller.query.metrics.evaluate import evaluate_with_total
from controller.query.metrics.figures import Figures
from controller.query.metrics.parameters import INTERVALS, RAW, read_interval, read_period
from controller.query.metrics.question import DimensionFilter, Question, exact_filters
from controller.query.metrics.seconds import newest_seconds
from controller.query.metrics.totals import measure, value, whole
from controller.query.models.known import Selection
from controller.query.models.listing import require_model
from controller.scope import Scope
from controller.store.database import Connection
from loadcell.v1 import model_pb2

MAX_DAYS, DEFAULT_DAYS = 365, 7
_COUNTS = ("request_count", "success_count", "error_count", "prompt_tokens", "completion_tokens", "total_tokens")
_POINT = {name: measure(name, "sum") for name in ("request_count", "error_count", "total_tokens", "total_cost")}
_MEASURES = [
    *(measure(name, "sum") for name in (*_COUNTS, "total_cost")),
    measure("duration", "avg"),
    measure("duration", "p95"),
    measure("unique_users", "count"),
]


def get_usage(
    connection: Connection, request: model_pb2.GetModelUsageRequest, scope: Scope, now: int
) -> model_pb2.GetModelUsageResponse:
    """Return the usage of a model.

    Raises:
        LoadcellError: RESOURCE_NOT_FOUND; a parameter is wrong, and named.
    """
    granularity = read_interval(request.granularity, "granularity", raw=True)
    period = read_period(request.start_time, request.end_time, now, default_days=DEFAULT_DAYS, max_days=MAX_DAYS)
    narrowed = exact_filters(
        provider=request.provider, environment=request.environment, project_id=request.project_id
    )
    selection = Selection(scope, project_id=request.project_id, model=request.model_id)
    providers = require_model(connection, selection, now).providers(request.model_id)
    question = Question(
        scope,
        period,
        width=INTERVALS.get(granularity),
        width_field="granularity",
        filters=(DimensionFilter("model", (request.model_id,)), *narrowed),
    )
    figures, total = evaluate_with_total(connection, question, _MEASURES)
    if granularity == RAW:
        figures = newest_seconds(connection, question, list(_POINT.values()))
    response = model_pb2.GetModelUsageResponse()
    data = response.data
    data.model = request.model_id
    data.providers.extend(providers)
    data.start_time.FromMicroseconds(period.start)
    data.end_time.FromMicroseconds(period.end)
    for name in _COUNTS:
        setattr(data, name, whole(total, name, "sum"))
    data.total_cost_usd = value(total, "total_cost", "sum") or 0.0
    for field, aggregation in (("avg_latency_ms", "avg"), ("p95_latency_ms", "p95")):
        latency = value(total, "duration", aggregation)
        if latency is not None:
            setattr(data, field, latency)
    data.unique_users = whole(total, "unique_users", "count")
    _add_points(data.time_series, figures)
    return response


def _add_points(series: Any, figures: Figures) -> None:
    columns = {name: figures.measure(one).tolist() for name, one in _POINT.items()}
    for number, time in enumerate(figures.time.tolist()):
        point = series.add(
            request_count=int(columns["request_count"][number]),
            error_count=int(columns["error_count"][number]),
            total_tokens=int(columns["total_tokens"][number]),
            total_cost_usd=columns["total_cost"][number],
        )
        point.timestamp.FromMicroseconds(time)
