"""Who costs how much: the costs of a period divided among the values of a dimension."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping

from controller.messages import timestamp
from controller.query.costs.parameters import MAX_DAYS, read_limit
from controller.query.costs.question import ANONYMOUS, Spent, ask, ratio, usd
from controller.query.metrics.parameters import Period, read_period
from controller.scope import Scope
from controller.store.cost_covers import cover_question
from controller.store.costs import spent_by
from controller.store.database import Connection
from loadcell.errors import LoadcellError
from loadcell.stats.pricing import NANO_PER_USD
from loadcell.v1 import cost_pb2

UNTAGGED = "untagged"
_DEFAULT_LIMIT, _MAX_LIMIT = 100, 1_000
# Dimension -> column of contexts.
_COLUMNS = {
    "user": "user_id",
    "team": "project_id",
    "tag": "tags",
    "provider": "provider",
    "model": "model",
    "environment": "environment",
}


def get_cost_attribution(
    connection: Connection, request: cost_pb2.GetCostAttributionRequest, scope: Scope, now: int
) -> cost_pb2.GetCostAttributionResponse:
    """Return the costs of a period by the values of a dimension.

    Raises:
        LoadcellError: a parameter is wrong or missing, and named.
    """
    for name in ("start_time", "end_time", "dimension"):
        if not getattr(request, name):
            raise LoadcellError("MISSING_REQUIRED_FIELD", f"{name} is required", field=name)
    period = read_period(request.start_time, request.end_time, now, default_days=0, max_days=MAX_DAYS)
    dimension = _read_dimension(request.dimension)
    question = ask(request, scope, period)
    limit = read_limit(request.limit if request.HasField("limit") else _DEFAULT_LIMIT, "limit", most=_MAX_LIMIT)
    least = _read_cost(request.min_cost)
    covered = cover_question(connection, question)
    spent = spent_by(connection, covered, (_COLUMNS[dimension], "provider", "model"))
    attribution = attribute(period, dimension, spent, limit=limit, min_cost=least)
    return cost_pb2.GetCostAttributionResponse(data=attribution)


def attribute(
    period: Period,
    dimension: str,
    spent: Mapping[tuple[str | None, ...], Spent],
    *,
    limit: int,
    min_cost: float,
) -> cost_pb2.CostAttribution:
    """Divide what requests cost by (value, provider, model).

    Args:
        period: what was asked for.
        dimension: name of the dimension; the values of `tag` are JSON arrays of tags.
        spent: what requests cost.
        limit: most items.
        min_cost: least cost of an item in USD.
    """
    total = sum(spent.values(), Spent())
    divided: dict[str, dict[tuple[str, str], Spent]] = {}
    for (value, provider, model), part in spent.items():
        for name in _names(dimension, value):
            parts = divided.setdefault(name, {})
            pair = (provider or "", model or "")
            parts[pair] = parts.get(pair, Spent()) + part
    sums = {name: sum(parts.values(), Spent()) for name, parts in divided.items()}
    ranked = sorted(sums, key=lambda name: (-sums[name].total, -sums[name].requests, name))
    shown = [name for name in ranked if sums[name].total >= min_cost * NANO_PER_USD][:limit]
    return cost_pb2.CostAttribution(
        metadata=cost_pb2.CostAttributionMetadata(
            dimension=dimension,
            start_time=timestamp(period.start),
            end_time=timestamp(period.end),
            total_items=len(shown),
        ),
        items=[_item(name, sums[name], divided[name], total) for name in shown],
        summary=cost_pb2.CostAttributionSummary(
            total_cost=usd(total.total),
            total_requests=total.requests,
            unique_items=len(sums),
            avg_cost_per_item=ratio(usd(total.total), len(sums)),
        ),
    )


def _names(dimension: str, value: str | None) -> Iterable[str]:
    if dimension == "tag":
        return json.loads(value or "[]") or [UNTAGGED]
    return [value or ANONYMOUS]


def _item(
    name: str, spent: Spent, parts: Mapping[tuple[str, str], Spent], total: Spent
) -> cost_pb2.CostAttributionItem:
    by_provider: dict[str, int] = {}
    by_model: dict[str, int] = {}
    for (provider, model), part in parts.items():
        by_provider[provider] = by_provider.get(provider, 0) + part.total
        by_model[model] = by_model.get(model, 0) + part.total
    return cost_pb2.CostAttributionItem(
        dimension_value=name,
        total_cost=usd(spent.total),
        prompt_cost=usd(spent.prompt),
        completion_cost=usd(spent.completion),
        request_count=spent.requests,
        total_tokens=spent.tokens,
        cost_percentage=ratio(spent.total, total.total) * 100,
        avg_cost_per_request=ratio(usd(spent.total), spent.requests),
        by_provider={key: usd(cost) for key, cost in by_provider.items()},
        by_model={key: usd(cost) for key, cost in by_model.items()},
    )


def _read_dimension(text: str) -> str:
    if text not in _COLUMNS:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"dimension {text[:64]!r} is not known; known: {', '.join(_COLUMNS)}",
            field="dimension",
        )
    return text


def _read_cost(cost: float) -> float:
    if not (math.isfinite(cost) and cost >= 0):
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"min_cost must be a finite number from 0 on, not {cost}", field="min_cost"
        )
    return cost
