"""The questions of the query cases: each shape in many variants."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

import grpc
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Value

from benchmarks.recorded_runs import DAYS, MODELS, PROJECTS, USERS, model_name
from loadcell.v1 import (
    cost_pb2,
    cost_pb2_grpc,
    metrics_pb2,
    metrics_pb2_grpc,
    trace_pb2,
    trace_pb2_grpc,
)

LATE_PAGE = 1_000
_STEP = 1_000  # traces of a page on the way there, a part of all of them
FILTERS = ("no filter", "model", "project", "user", "tags", "errors", "errors of a model")

Ask = Callable[[Any], Awaitable[Any]]
Fields = dict[str, Any]


@dataclass(frozen=True)
class Shape:
    """Questions alike: their name, the method, the requests, and what they must reach in milliseconds."""

    name: str
    ask: Ask
    requests: list[Message]
    p50: float
    p95: float


def _moment(days_ago: float, until: datetime) -> str:
    return (until - timedelta(days=days_ago)).isoformat()


class Questions:
    """Makes requests; which follows from a seed."""

    def __init__(self, channel: grpc.aio.Channel, count: int, until: datetime, seed: int = 5) -> None:
        self._count = count
        self._until = until.astimezone(UTC).replace(microsecond=0)
        self._random = random.Random(seed)
        self._traces = _stub(trace_pb2_grpc.TraceServiceStub, channel)
        self._metrics = _stub(metrics_pb2_grpc.MetricsServiceStub, channel)
        self._costs = _stub(cost_pb2_grpc.CostServiceStub, channel)

    async def all(self) -> list[Shape]:
        """Return every shape. Takes a while: late pages are reached page by page."""
        return [*await self._lists(), *self._searches(), *self._sums()]

    def _some(self, kind: type[Message], fields: Callable[[], Fields]) -> list[Any]:
        """Return different requests, fewer where there are not so many."""
        found: dict[bytes, Message] = {}
        for _ in range(self._count * 5):
            request = kind(**fields())
            found[request.SerializeToString(deterministic=True)] = request
        return list(islice(found.values(), self._count))

    def _day(self) -> float:
        return round(self._random.uniform(1, DAYS - 2), 4)

    def _model(self) -> str:
        return model_name(self._random.randrange(MODELS))

    def _project(self) -> str:
        return f"project-{self._random.randrange(PROJECTS):02}"

    def _filtered(self, filter_: str) -> Fields:
        """Return a list's parameters; an index or the contexts serve all of these filters."""
        pick = self._random
        fields: Fields = {"limit": 50, "to": _moment(self._day(), self._until)}
        if "model" in filter_:
            fields["model"] = self._model()
        if "errors" in filter_:
            fields["status"] = "ERROR"
        if "user" in filter_:
            fields["user_id"] = f"user-{pick.randrange(USERS):02}"
        if "tags" in filter_:
            fields |= {"tags": [f"team-{pick.randrange(5)}"], "tags_all": ["nightly"]}
        if "project" in filter_:
            fields |= {"project_id": self._project(), "environment": pick.choice(["production", "staging"])}
        return fields

    async def _lists(self) -> list[Shape]:
        ask = self._traces.ListTraces
        shapes: list[Shape] = []
        late: list[Message] = []
        for filter_ in FILTERS:
            requests = self._some(trace_pb2.ListTracesRequest, partial(self._filtered, filter_))
            shapes.append(Shape(f"list, {filter_}", ask, requests, 5, 15))
            late += [request async for request in self._late(requests[0])]
        shapes.append(Shape(f"list, page {LATE_PAGE:,}", ask, late, 5, 15))
        page = await ask(trace_pb2.ListTracesRequest(limit=1_000, to=_moment(self._day(), self._until)))
        traces = self._random.sample([trace.trace_id for trace in page.data], min(self._count, len(page.data)))
        gets: list[Message] = [trace_pb2.GetTraceRequest(trace_id=trace_id) for trace_id in traces]
        return [*shapes, Shape("one trace", self._traces.GetTrace, gets, 2, 5)]

    async def _late(self, first: Any) -> Any:
        """Yield the requests of the pages around the late one, which is reached in larger steps."""
        request = trace_pb2.ListTracesRequest()
        request.CopyFrom(first)
        request.fields[:] = ["trace_id"]
        request.limit, left = _STEP, LATE_PAGE * first.limit
        while left:
            page = await self._traces.ListTraces(request)
            if not page.pagination.has_more:
                return
            request.cursor, left = page.pagination.cursor, left - _STEP
        request.limit = first.limit
        for _ in range(10):
            following = trace_pb2.ListTracesRequest()
            following.CopyFrom(request)
            yield following
            page = await self._traces.ListTraces(request)
            if not page.pagination.has_more:
                return
            request.cursor = page.pagination.cursor

    def _searches(self) -> Iterator[Shape]:
        search, request = self._traces.SearchTraces, trace_pb2.SearchTracesRequest
        yield Shape("search, nested 5 conditions", search, self._some(request, self._nested), 20, 60)
        yield Shape("full text, 2 words", search, self._some(request, self._words), 30, 100)

    def _nested(self) -> Fields:
        alternatives = _joined("OR", _text("status_code", "eq", "ERROR"), _number("duration_ms", "gt", 9_000))
        joined = _joined(
            "AND",
            _text("model", "eq", self._model()),
            _text("ts", "lte", _moment(self._day(), self._until)),
            alternatives,
            _joined("NOT", _text("environment", "eq", "staging")),
        )
        return {"filter": joined, "sort_by": "ts", "sort_desc": True, "limit": 50}

    def _words(self) -> Fields:
        words = " ".join(f"word{self._random.randrange(1_000)}" for _ in range(2))
        asked = _text(self._random.choice(["input_text", "output_text"]), "search", words)
        return {"filter": asked, "sort_by": "ts", "sort_desc": True, "limit": 50}

    def _period(self, days: int) -> Fields:
        end = round(self._random.uniform(0, DAYS - days - 1), 4)
        return {"start_time": _moment(end + days, self._until), "end_time": _moment(end, self._until)}

    def _sums(self) -> Iterator[Shape]:
        metrics, costs = self._metrics, self._costs
        series, week, month = metrics_pb2.GetMetricsRequest, partial(self._period, 7), partial(self._period, 30)
        requests = self._some(series, self._daily)
        yield Shape("metrics, 30 days by day by model with p99", metrics.GetMetrics, requests, 60, 150)
        requests = self._some(series, self._hourly)
        yield Shape("metrics, 7 days by hour of one model", metrics.GetMetrics, requests, 60, 150)
        yield self._sum("summary, 7 days", metrics.GetMetricsSummary, metrics_pb2.GetMetricsSummaryRequest, week)
        yield self._sum("performance, 7 days", metrics.GetPerformance, metrics_pb2.GetPerformanceRequest, week)
        yield self._sum("quality, 7 days", metrics.GetQuality, metrics_pb2.GetQualityRequest, week)
        yield self._sum("cost summary, 30 days", costs.GetCostSummary, cost_pb2.GetCostSummaryRequest, month)
        attribution = cost_pb2.GetCostAttributionRequest
        yield self._sum("cost attribution, 30 days", costs.GetCostAttribution, attribution, self._attributed)
        yield self._sum("cost forecast", costs.GetCostForecast, cost_pb2.GetCostForecastRequest, self._history)

    def _daily(self) -> Fields:
        asked = {"metrics": ["duration"], "aggregation": "p99", "interval": "1day", "group_by": ["model"]}
        return asked | self._period(30)

    def _hourly(self) -> Fields:
        asked = {"metrics": ["request_count", "duration", "error_rate"], "interval": "1hour"}
        return asked | {"model": self._model()} | self._period(7)

    def _attributed(self) -> Fields:
        return {"dimension": self._random.choice(["user", "team", "tag", "model"])} | self._period(30)

    def _history(self) -> Fields:
        return {f"historical_{name.removesuffix('_time')}": at for name, at in self._period(30).items()}

    def _sum(self, name: str, ask: Ask, kind: type[Message], fields: Callable[[], Fields]) -> Shape:
        return Shape(name, ask, self._some(kind, fields), 25, 80)


def _stub(kind: Any, channel: grpc.aio.Channel) -> Any:
    return kind(channel)  # generated without types


def _text(field: str, operator: str, value: str) -> trace_pb2.TraceFilter:
    return trace_pb2.TraceFilter(field=field, operator=operator, value=Value(string_value=value))


def _number(field: str, operator: str, value: float) -> trace_pb2.TraceFilter:
    return trace_pb2.TraceFilter(field=field, operator=operator, value=Value(number_value=value))


def _joined(operator: str, *filters: trace_pb2.TraceFilter) -> trace_pb2.TraceFilter:
    return trace_pb2.TraceFilter(operator=operator, filters=filters)
