"""Metrics over time: GetMetrics and GetMetric."""

from __future__ import annotations

from collections.abc import Sequence

from controller.query.metrics.answer_rows import add_rows
from controller.query.metrics.catalog import (
    DIMENSIONS,
    METRICS,
    PERCENTS,
    Measure,
    Metric,
    find_aggregation,
    find_metric,
)
from controller.query.metrics.evaluate import evaluate
from controller.query.metrics.gaps import Gaps, read_fill
from controller.query.metrics.parameters import INTERVALS, choose, read_interval, read_names, read_period
from controller.query.metrics.question import Question, exact_filters
from controller.scope import Scope
from controller.store.database import Connection
from loadcell.errors import LoadcellError
from loadcell.v1 import metrics_pb2

MAX_METRICS, MAX_DIMENSIONS = 20, 5


def get_metrics(
    connection: Connection, request: metrics_pb2.GetMetricsRequest, scope: Scope, now: int
) -> metrics_pb2.GetMetricsResponse:
    """Return metrics over time.

    Raises:
        LoadcellError: a parameter is wrong, and named; LIMIT_EXCEEDED, there are too many points.
    """
    names = read_names(request.metrics, "metrics", MAX_METRICS)
    if not names:
        raise LoadcellError("MISSING_REQUIRED_FIELD", "metrics names no metric", field="metrics")
    asked = find_aggregation(request.aggregation, "aggregation")
    measures = [_measure(find_metric(name, "metrics"), asked) for name in names]
    columns = [(measure.metric.name, measure) for measure in measures]
    if request.include_percentiles:
        columns = [
            *columns,
            *(
                (f"{measure.metric.name}_{percentile}", Measure(measure.metric, percentile))
                for measure in measures
                if measure.metric.source is not None
                for percentile in PERCENTS
            ),
        ]
    interval = read_interval(request.interval)
    fill = read_fill(request.fill_value, fill_gaps=request.fill_gaps)
    period = read_period(request.start_time, request.end_time, now, default_days=1)
    group_by = read_dimensions(request.group_by)
    question = Question(
        scope,
        period,
        width=INTERVALS[interval],
        group_by=group_by,
        filters=exact_filters(
            provider=request.provider,
            model=request.model,
            environment=request.environment,
            user_id=request.user_id,
            project_id=request.project_id,
        ),
    )
    figures = evaluate(connection, question, [measure for _, measure in columns])
    time, group = figures.time, figures.group
    values = [(key, figures.measure(measure)) for key, measure in columns]
    if request.fill_gaps:
        gaps = Gaps(figures, period, INTERVALS[interval])
        time, group = gaps.time, gaps.group
        values = [(key, gaps.fill(found, fill)) for key, found in values]
    response = metrics_pb2.GetMetricsResponse()
    add_rows(response.data.data, time, [figures.groups[number] for number in group.tolist()], group_by, values)
    metadata = response.data.metadata
    metadata.interval = interval
    metadata.start_time.FromMicroseconds(period.start)
    metadata.end_time.FromMicroseconds(period.end)
    metadata.metrics.extend(names)
    metadata.group_by.extend(group_by)
    metadata.data_source = figures.data_source
    metadata.total_points = len(time)
    return response


def read_dimensions(values: Sequence[str]) -> tuple[str, ...]:
    """Return the dimensions of group_by.

    Raises:
        LoadcellError: LIMIT_EXCEEDED or INVALID_FIELD_VALUE.
    """
    names = read_names(values, "group_by", MAX_DIMENSIONS)
    choose(names, DIMENSIONS, "group_by")
    return names


def describe_metric(name: str) -> metrics_pb2.MetricDescription:
    """Return what a metric is.

    Raises:
        LoadcellError: RESOURCE_NOT_FOUND.
    """
    metric = METRICS.get(name)
    if metric is None:
        raise LoadcellError(
            "RESOURCE_NOT_FOUND",
            f"there is no metric {name[:64]!r}; known: {', '.join(METRICS)}",
            field="metric_id",
        )
    return metrics_pb2.MetricDescription(
        id=metric.name,
        description=metric.description,
        unit=metric.unit,
        aggregations=metric.aggregations,
        default_aggregation=metric.aggregations[0],
        dimensions=DIMENSIONS,
    )


def _measure(metric: Metric, aggregation: str | None) -> Measure:
    """Return a metric with the aggregation that was asked for, or with its own when it does not have that."""
    return Measure(metric, aggregation if aggregation in metric.aggregations else metric.aggregations[0])
