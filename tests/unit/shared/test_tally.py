"""Distributions that are counted into, as Prometheus shows them."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from loadcell.metric_names import MetricName
from loadcell.metric_sheet import show
from loadcell.tally import Tally

NAME = MetricName("calls_seconds", "histogram", ("of",), "Duration.")


def test_values_are_below_their_bound_and_every_one_above_it():
    tally = Tally((0.1, 1))
    for value in (0.05, 0.1, 0.5, 7.0):
        tally.add(value)
    tally.add_counts([0, 2, 0], 1.5)
    registry = CollectorRegistry()
    show(registry, (NAME,), lambda sheet: sheet.add_tally(NAME, ("all",), tally))
    found = {
        le: registry.get_sample_value("calls_seconds_bucket", {"of": "all", "le": le}) for le in ("0.1", "1.0")
    }
    assert found == {"0.1": 2, "1.0": 5}
    assert registry.get_sample_value("calls_seconds_count", {"of": "all"}) == 6
    assert (
        registry.get_sample_value("calls_seconds_sum", {"of": "all"}) == tally.sum == 0.05 + 0.1 + 0.5 + 7.0 + 1.5
    )


def test_the_last_call_of_each_span_is_its_example_where_openmetrics_is_spoken():
    tally = Tally((1,))
    for request_id in ("first", "last", ""):
        tally.add(0.25, request_id)
    registry = CollectorRegistry()
    show(registry, (NAME,), lambda sheet: sheet.add_tally(NAME, ("all",), tally))
    [line] = [line for line in openmetrics(registry).decode().splitlines() if "request_id" in line]
    assert line.startswith('calls_seconds_bucket{le="1.0",of="all"} 3.0 # {request_id="last"} 0.25 ')
    assert "request_id" not in generate_latest(registry).decode()


@pytest.mark.parametrize(("length", "shown"), [(118, True), (119, False), (128, False)])
def test_no_id_of_a_caller_is_longer_than_readers_of_openmetrics_take(length: int, shown: bool):
    tally = Tally((1,))
    tally.add(0.25, "x" * length)
    registry = CollectorRegistry()
    show(registry, (NAME,), lambda sheet: sheet.add_tally(NAME, ("all",), tally))
    [family] = text_string_to_metric_families(openmetrics(registry).decode())
    assert any(sample.exemplar for sample in family.samples) == shown
