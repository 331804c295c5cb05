"""Custom queries: several metrics, each summed up in its own way, with conditions, order and a limit."""

from __future__ import annotations

import re

import numpy as np

from controller.query.metrics.answer_rows import TIMESTAMP, add_rows
from controller.query.metrics.catalog import Measure
from controller.query.metrics.conditions import check_length, read_filters, read_having, read_measure
from controller.query.metrics.evaluate import evaluate
from controller.query.metrics.figures import Figures
from controller.query.metrics.parameters import INTERVALS, read_interval, read_period
from controller.query.metrics.question import Question, exact_filters
from controller.query.metrics.series import MAX_METRICS, read_dimensions
from controller.scope import Scope
from controller.store.database import Connection
from loadcell.errors import LoadcellError
from loadcell.stats.columns import Floats, Ints
from loadcell.v1 import metrics_pb2

DEFAULT_LIMIT, MAX_LIMIT = 1_000, 10_000
_ALIAS = re.compile("[A-Za-z0-9_]{1,64}")
_REQUIRED = ("interval", "start_time", "end_time")


def query_metrics(
    connection: Connection, request: metrics_pb2.QueryMetricsRequest, scope: Scope, now: int
) -> metrics_pb2.QueryMetricsResponse:
    """Return the rows of a query.

    Raises:
        LoadcellError: a part of the query is wrong, and named; LIMIT_EXCEEDED, there are too many rows.
    """
    for name in _REQUIRED:
        if not getattr(request, name):
            raise LoadcellError("MISSING_REQUIRED_FIELD", f"{name} is missing", field=name)
    group_by = read_dimensions(request.group_by)
    columns = _columns(request, group_by)
    interval = read_interval(request.interval)
    period = read_period(request.start_time, request.end_time, now, default_days=1)
    filters, statuses = read_filters(request.filters)
    having = read_having(request.having)
    limit = _limit(request)
    order = _order_field(request, (TIMESTAMP, *group_by, *columns))
    question = Question(
        scope,
        period,
        width=INTERVALS[interval],
        group_by=group_by,
        filters=(*filters, *exact_filters(project_id=request.project_id)),
        statuses=statuses,
    )
    figures = evaluate(connection, question, [*columns.values(), *(one.measure for one in having)])
    met = np.ones(len(figures.time), np.bool_)
    for condition in having:
        met &= condition.met(figures)
    values = {key: figures.measure(measure) for key, measure in columns.items()}
    rows = np.flatnonzero(met)
    if order:
        rows = _sorted(rows, figures, group_by, values, field=order, descending=request.sort_by.descending)
    rows, total = rows[:limit], len(rows)
    response = metrics_pb2.QueryMetricsResponse()
    add_rows(
        response.data.data,
        figures.time[rows],
        [figures.groups[number] for number in figures.group[rows].tolist()],
        group_by,
        [(key, found[rows]) for key, found in values.items()],
    )
    metadata = response.data.metadata
    metadata.interval = interval
    metadata.start_time.FromMicroseconds(period.start)
    metadata.end_time.FromMicroseconds(period.end)
    metadata.group_by.extend(group_by)
    metadata.filters_applied = len(request.filters)
    metadata.having_conditions = len(having)
    metadata.total_rows = total
    return response


def _columns(request: metrics_pb2.QueryMetricsRequest, group_by: tuple[str, ...]) -> dict[str, Measure]:
    """Return the measures by the key each has in the rows."""
    if not request.metrics:
        raise LoadcellError("MISSING_REQUIRED_FIELD", "metrics names no metric", field="metrics")
    check_length(request.metrics, "metrics", MAX_METRICS)
    columns: dict[str, Measure] = {}
    for number, asked in enumerate(request.metrics):
        where = f"metrics[{number}]"
        measure = read_measure(asked.metric, asked.aggregation, where)
        key = asked.alias or f"{measure.metric.name}_{measure.aggregation}"
        if not _ALIAS.fullmatch(key):
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"{where}.alias {key[:64]!r} must have 1 to 64 letters, digits and underscores",
                field=f"{where}.alias",
            )
        if key in {TIMESTAMP, *group_by, *columns}:
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"{where}.alias: rows have a key {key!r} already; give another alias",
                field=f"{where}.alias",
            )
        columns[key] = measure
    return columns


def _limit(request: metrics_pb2.QueryMetricsRequest) -> int:
    limit = request.limit if request.HasField("limit") else DEFAULT_LIMIT
    if not 1 <= limit <= MAX_LIMIT:
        raise LoadcellError("LIMIT_EXCEEDED", f"limit must be from 1 to {MAX_LIMIT:,}, not {limit}", field="limit")
    return limit


def _order_field(request: metrics_pb2.QueryMetricsRequest, keys: tuple[str, ...]) -> str | None:
    if not request.HasField("sort_by"):
        return None
    field = request.sort_by.field
    if not field:
        raise LoadcellError("MISSING_REQUIRED_FIELD", "sort_by.field is missing", field="sort_by.field")
    if field not in keys:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"rows have no key {field[:64]!r}; they have {', '.join(keys)}",
            field="sort_by.field",
        )
    return field


def _sorted(
    rows: Ints,
    figures: Figures,
    group_by: tuple[str, ...],
    values: dict[str, Floats],
    *,
    field: str,
    descending: bool,
) -> Ints:
    """Return rows in another order; equal ones stay as they are, those without a number come last."""
    if field == TIMESTAMP:
        key = figures.time[rows].astype(np.float64)
    elif field in values:
        key = values[field][rows]
    else:
        texts = [group[group_by.index(field)] for group in figures.groups]
        ranks = {text: rank for rank, text in enumerate(sorted({t for t in texts if t is not None}), start=1)}
        key = np.array([ranks.get(text or "", 0) if text is not None else 0 for text in texts], np.float64)
        key = key[figures.group[rows]]
    # NaN sorts last either way.
    return rows[np.argsort(-key if descending else key, kind="stable")]
