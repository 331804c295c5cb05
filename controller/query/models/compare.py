"""The answer to a comparison of models."""

from __future__ import annotations

import math
from typing import Any

from controller.query.metrics.evaluate import evaluate
from controller.query.metrics.figures import Figures
from controller.query.metrics.parameters import choose, read_names, read_period
from controller.query.metrics.question import DimensionFilter, Question, exact_filters
from controller.query.metrics.totals import measure
from controller.query.models.comparison import Compared, summarize
from controller.query.models.usage import DEFAULT_DAYS, MAX_DAYS
from controller.scope import Scope
from controller.store.database import Connection
from controller.store.rollup_reading import read_contexts
from loadcell.errors import LoadcellError
from loadcell.v1 import model_pb2

FEWEST, MOST = 2, 10
# The fields of each kind of figure.
KINDS = {
    "latency": ("avg_latency_ms", "p95_latency_ms"),
    "cost": ("avg_cost_usd", "total_cost_usd"),
    "quality": ("success_rate",),
    "throughput": ("throughput_rps",),
    "token_usage": ("total_tokens",),
}
_MEASURES = {
    "avg_latency_ms": measure("duration", "avg"),
    "p95_latency_ms": measure("duration", "p95"),
    "avg_cost_usd": measure("total_cost", "avg"),
    "total_cost_usd": measure("total_cost", "sum"),
    "success_rate": measure("success_rate", "avg"),
    "request_count": measure("request_count", "sum"),
    "total_tokens": measure("total_tokens", "sum"),
    "throughput_rps": measure("throughput", "avg"),
}
_WHOLE = ("request_count", "total_tokens")


def compare_models(
    connection: Connection, request: model_pb2.CompareModelsRequest, scope: Scope, now: int
) -> model_pb2.CompareModelsResponse:
    """Return models side by side, in the order of the request.

    Raises:
        LoadcellError: a parameter is wrong, and named.
    """
    names = read_names(request.models, "models", MOST)
    if not request.models:
        raise LoadcellError("MISSING_REQUIRED_FIELD", "models names no model", field="models")
    if len(names) < FEWEST:
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"models names {len(names)}; {FEWEST} to {MOST} are compared", field="models"
        )
    kinds = read_names(request.metrics, "metrics", len(KINDS)) or tuple(KINDS)
    choose(kinds, KINDS, "metrics")
    period = read_period(request.start_time, request.end_time, now, default_days=DEFAULT_DAYS, max_days=MAX_DAYS)
    filters = (
        DimensionFilter("model", names),
        *exact_filters(provider=request.provider, environment=request.environment, project_id=request.project_id),
    )
    question = Question(scope, period, group_by=("model",), filters=filters)
    found = _compared(evaluate(connection, question, list(_MEASURES.values())))
    contexts = read_contexts(connection, scope, filters, ("model", "provider"))
    providers: dict[str, set[str]] = {}
    for model, provider in zip(contexts.values["model"], contexts.values["provider"], strict=True):
        providers.setdefault(str(model), set()).add(str(provider))
    models = [found.get(name, Compared(name)) for name in names]
    wanted = {field for kind in kinds for field in KINDS[kind]}
    response = model_pb2.CompareModelsResponse()
    for one in models:
        entry = response.data.models.add(model=one.model, provider=",".join(sorted(providers.get(one.model, ()))))
        entry.metrics.request_count = one.request_count
        for field in wanted:
            figure = getattr(one, field)
            if figure is not None:
                setattr(entry.metrics, field, figure)
    response.data.summary.CopyFrom(summarize(models))
    return response


def _compared(figures: Figures) -> dict[str, Compared]:
    columns = {name: figures.measure(one).tolist() for name, one in _MEASURES.items()}
    found = {}
    for row, group in enumerate(figures.group.tolist()):
        values = {name: None if math.isnan(column[row]) else column[row] for name, column in columns.items()}
        if values["avg_cost_usd"] is None:
            # Nothing has a price: that is not the same as costing nothing.
            values["total_cost_usd"] = None
        model = str(figures.groups[group][0])
        numbers: dict[str, Any] = {**values, **{name: int(values[name] or 0) for name in _WHOLE}}
        found[model] = Compared(model, **numbers)
    return found
