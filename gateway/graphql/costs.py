"""Costs of a period, by hour, day or month and by what was asked: more than one call of the contract answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

import strawberry

from gateway.contract import comments
from gateway.graphql.arguments import named, signature, values
from gateway.graphql.asking import COSTS, METRICS, Asking
from gateway.graphql.selection import shown
from gateway.graphql.types import DateTime, Int64, Types, maybe
from loadcell.errors import LoadcellError
from loadcell.v1 import cost_pb2

MAX_ROWS: Final = 10_000
_ASKED: Final = "asked"
_WINDOW: Final = timedelta(days=90)  # the longest period of one call for metrics
_NOBODY: Final = {"user_id": "anonymous"}


@strawberry.enum(description="Width of a row of a breakdown.")
class CostPeriod(Enum):
    """The interval that metrics are asked for; months are added up from days."""

    HOURLY = "hourly"
    DAILY = "daily"
    MONTHLY = "monthly"


@strawberry.enum(description="What the rows of a breakdown are of.")
class CostGroup(Enum):
    """The dimension that metrics are grouped by."""

    SERVICE = "service_name"
    MODEL = "model"
    USER = "user_id"


@strawberry.type(description="What one model, user or service cost in one hour, day or month.")
class CostBreakdownRow:
    """A row; made of dictionaries, as all objects are."""

    timestamp: DateTime = strawberry.field(description="Start of the hour, day or month, UTC.")
    name: str | None = strawberry.field(description="Model, user or service; null when nothing is grouped by.")
    total_cost_usd: float = strawberry.field(description="Cost in USD.")
    request_count: Int64 = strawberry.field(description="Requests.")


def cost_summary_field(types: Types) -> Any:
    """Return the query for a summary of costs; `from` and `to` are other names of startTime and endTime."""
    method = COSTS["GetCostSummary"]
    text, unset = maybe(str), strawberry.UNSET
    _cost_summary.__signature__ = signature(  # type: ignore[attr-defined]  # strawberry reads it
        method.input_type,
        without=("fields", "include_trends", "include_top_traces"),
        more={
            "from": (named("from", text, "The same as startTime."), unset),
            "to": (named("to", text, "The same as endTime."), unset),
            "period": (CostPeriod, CostPeriod.DAILY),
            "group_by": (maybe(CostGroup), None),
        },
    )
    return strawberry.field(
        resolver=_cost_summary,
        graphql_type=maybe(types.object_type(cost_pb2.DESCRIPTOR.message_types_by_name["CostSummary"])),
        description=comments().get(method.full_name),
    )


def more_of_a_summary() -> dict[str, Any]:
    """Return the fields of a summary that the contract does not have."""
    return {
        "total_cost_usd": strawberry.field(
            resolver=lambda root: root["overview"]["total_cost"],
            graphql_type=float,
            description="The same as overview.totalCost.",
        ),
        "breakdown": strawberry.field(
            resolver=_breakdown,
            graphql_type=maybe(list[CostBreakdownRow]),
            description="By period and groupBy, in the order of time, dearest first; asks MetricsService, too.",
        ),
    }


async def _cost_summary(info: strawberry.Info[Asking], **given: Any) -> dict[str, Any]:
    period, group, asked = given.pop("period"), given.pop("group_by"), values(given)
    for name, other in (("from", "start_time"), ("to", "end_time")):
        if name in asked and asked.setdefault(other, asked[name]) != asked.pop(name):
            raise LoadcellError("INVALID_FIELD_VALUE", f"{name} and {other} differ; give one", field=name)
    names = shown(info)
    wanted = {"include_trends": "trends" in names, "include_top_traces": "topTraces" in names}
    answer = await info.context.ask(COSTS["GetCostSummary"], asked | wanted)
    asked.pop("top_limit", None)
    summary: dict[str, Any] = answer["data"]
    return summary | {_ASKED: (period, group, asked)}


async def _breakdown(root: dict[str, Any], info: strawberry.Info[Asking]) -> list[dict[str, Any]]:
    period, group, asked = root[_ASKED]
    by = [group.value] if group else []
    question = asked | {
        "metrics": ["total_cost", "request_count"],
        "interval": "1hour" if period is CostPeriod.HOURLY else "1day",
        "group_by": by,
    }
    sums: defaultdict[tuple[str, str | None], list[Any]] = defaultdict(lambda: [0.0, 0])
    for window in _windows(root["metadata"]):
        answer = await info.context.ask(METRICS["GetMetrics"], question | window)
        for point in answer["data"]["data"]:
            row = sums[_start(point["timestamp"], period), _name(point, by)]
            row[0] += point["total_cost"] or 0.0
            row[1] += point["request_count"] or 0
        if len(sums) > MAX_ROWS:  # before more is asked for
            most = f"the breakdown has more than {MAX_ROWS:,} rows; ask for less time or longer periods"
            raise LoadcellError("LIMIT_EXCEEDED", most)
    ordered = sorted(sums.items(), key=lambda item: (item[0][0], -item[1][0], item[0][1] or ""))
    return [
        {"timestamp": start, "name": name, "total_cost_usd": cost, "request_count": count}
        for (start, name), (cost, count) in ordered
    ]


def _windows(period: dict[str, str]) -> Iterator[dict[str, str]]:
    start, end = (datetime.fromisoformat(period[name]) for name in ("start_time", "end_time"))
    while start < end:
        until = min(start + _WINDOW, end)
        yield {"start_time": start.isoformat(), "end_time": until.isoformat()}
        start = until


def _start(timestamp: str, period: CostPeriod) -> str:
    return f"{timestamp[:7]}-01T00:00:00Z" if period is CostPeriod.MONTHLY else timestamp


def _name(point: dict[str, Any], by: list[str]) -> str | None:
    return (point[by[0]] or _NOBODY.get(by[0])) if by else None
