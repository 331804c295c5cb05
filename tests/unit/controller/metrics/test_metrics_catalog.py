"""The catalog of metrics is complete, and every word for an aggregation or interval is understood."""

from __future__ import annotations

import pytest

from controller.query.metrics.catalog import AGGREGATIONS, METRICS, find_aggregation
from controller.query.metrics.parameters import INTERVALS, read_interval, read_period
from controller.query.metrics.series import describe_metric
from loadcell.errors import LoadcellError
from loadcell.v1 import metrics_pb2

NOW = 1_767_225_600_000_000


def test_the_contract_names_every_metric():
    page = metrics_pb2.GetMetricsRequest.DESCRIPTOR
    assert page.fields_by_name["metrics"].is_repeated
    assert len(METRICS) == 16
    for name, metric in METRICS.items():
        described = describe_metric(name)
        assert (described.id, described.default_aggregation) == (name, metric.aggregations[0])
        assert set(described.aggregations) <= set(AGGREGATIONS)
        assert described.description.endswith(".")


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("average", "avg"),
        ("TOTAL", "sum"),
        ("minimum", "min"),
        ("Maximum", "max"),
        ("median", "p50"),
        (" p99 ", "p99"),
    ],
)
def test_aggregations_have_other_names(word, name):
    assert find_aggregation(word, "aggregation") == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("1min", ["1min", "1m", "1minute", "one_minute"]),
        ("5min", ["5min", "5m", "5minutes", "FIVE_MINUTES"]),
        ("1hour", ["1hour", "1h", "1hr", "one_hour", ""]),
        ("1day", ["1day", "1d", "one_day"]),
    ],
)
def test_intervals_have_other_names(name, words):
    assert [read_interval(word) for word in words] == [name] * len(words)
    assert name in INTERVALS


def test_a_period_is_relative_to_its_end():
    period = read_period("", "now-1h", NOW, default_days=1)
    assert (period.end, period.seconds) == (NOW - 3_600_000_000, 86_400)
    before = period.before()
    assert (before.end, before.seconds) == (period.start, 86_400)
    with pytest.raises(LoadcellError) as refused:
        read_period("now-91d", "", NOW, default_days=1)
    assert (refused.value.reason, refused.value.field) == ("INVALID_DATE_RANGE", "start_time")
