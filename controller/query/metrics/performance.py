"""Latency and throughput of a period."""

from __future__ import annotations

import math
from typing import Any

from controller.query.metrics.evaluate import evaluate_with_total
from controller.query.metrics.figures import Figures
from controller.query.metrics.narrowed import read_narrowed
from controller.query.metrics.seconds import newest_seconds
from controller.query.metrics.totals import measure, value, whole
from controller.scope import Scope
from controller.store.database import Connection
from loadcell.v1 import metrics_pb2

_LATENCIES = {
    f"{name}_latency_ms": measure("duration", name) for name in ("avg", "min", "max", "p50", "p95", "p99")
}
_COUNTS = {"request_count": measure("request_count", "sum"), "total_tokens": measure("total_tokens", "sum")}
_THROUGHPUT = {"throughput_rps": measure("throughput", "avg")}
_POINT = _LATENCIES | _COUNTS | _THROUGHPUT
_OTHERS = [measure("duration", "sum"), measure("completion_tokens", "sum")]


def get_performance(
    connection: Connection, request: metrics_pb2.GetPerformanceRequest, scope: Scope, now: int
) -> metrics_pb2.GetPerformanceResponse:
    """Return latency and throughput of a period.

    Raises:
        LoadcellError: a parameter is wrong, and named; LIMIT_EXCEEDED, there are too many points.
    """
    asked = read_narrowed(request, scope, now)
    figures, total = evaluate_with_total(connection, asked.question, [*_POINT.values(), *_OTHERS])
    if asked.raw:
        figures = newest_seconds(connection, asked.question, list(_POINT.values()))
    response = metrics_pb2.GetPerformanceResponse()
    data = response.data
    data.request_count = whole(total, "request_count", "sum")
    data.total_tokens = whole(total, "total_tokens", "sum")
    data.throughput_rps = value(total, "throughput", "avg") or 0.0
    for name, latency in _LATENCIES.items():
        found = value(total, "duration", latency.aggregation)
        if found is not None:
            setattr(data, name, found)
    generating_ms = value(total, "duration", "sum")
    if generating_ms:
        data.tokens_per_second = 1_000 * whole(total, "completion_tokens", "sum") / generating_ms
    _add_points(data.time_series, figures)
    return response


def _add_points(series: Any, figures: Figures) -> None:
    columns = {name: figures.measure(one).tolist() for name, one in _POINT.items()}
    for number, time in enumerate(figures.time.tolist()):
        values = {name: found[number] for name, found in columns.items()}
        known: dict[str, Any] = {name: found for name, found in values.items() if not math.isnan(found)}
        point = series.add(**known | {name: int(values[name]) for name in _COUNTS})
        point.timestamp.FromMicroseconds(time)
