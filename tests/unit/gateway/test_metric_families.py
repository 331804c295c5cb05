"""Live metrics as Prometheus families."""

from __future__ import annotations

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.metrics.families import families
from gateway.metrics.runs import LATENCY_BOUNDS_SECONDS, RunText
from loadcell import sketches
from loadcell.stats.sketch import bucket_counts
from loadcell.v1 import fleet_pb2, run_pb2
from scripts.reference import METRICS, metric_names

UNITS = ("_seconds", "_bytes", "_ratio", "_size")
VALUES_MICROS = np.array([40_000.0, 120_000.0, 120_000.0, 3_000_000.0, 500_000_000.0])


def level(**progress) -> fleet_pb2.LevelMetrics:
    return fleet_pb2.LevelMetrics(progress=run_pb2.LevelProgress(**progress))


def shown(*levels: fleet_pb2.LevelMetrics) -> dict[tuple[str, tuple[str, ...]], float]:
    run = fleet_pb2.RunMetrics(run_id="r", model="m", status="running", levels=levels)
    text = RunText().text([run], openmetrics=False)
    return {
        (sample.name, tuple(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_histograms_are_cumulative_in_seconds_with_their_sum():
    one = level(index=0)
    one.sketches.append(sketches.to_message("ttft", bucket_counts(VALUES_MICROS)))
    found = shown(one)
    counts = [found["loadcell_ttft_seconds_bucket", (str(float(b)), "r")] for b in LATENCY_BOUNDS_SECONDS]
    assert counts == sorted(counts)
    assert found["loadcell_ttft_seconds_bucket", ("0.05", "r")] == 1
    assert found["loadcell_ttft_seconds_bucket", ("0.15", "r")] == 3
    assert found["loadcell_ttft_seconds_bucket", ("120.0", "r")] == 4
    assert found["loadcell_ttft_seconds_bucket", ("+Inf", "r")] == 5
    assert found["loadcell_ttft_seconds_count", ("r",)] == 5
    assert found["loadcell_ttft_seconds_sum", ("r",)] == pytest.approx(VALUES_MICROS.sum() / 1e6)
    assert not [name for name, _ in found if name.startswith("loadcell_e2e")]


def test_the_levels_of_a_run_share_its_histograms():
    each = [level(index=0), level(index=1)]
    for one in each:
        one.sketches.append(sketches.to_message("e2e", bucket_counts(VALUES_MICROS)))
    assert shown(*each)["loadcell_e2e_seconds_count", ("r",)] == 2 * len(VALUES_MICROS)


def test_counters_by_level_status_class_and_direction():
    one = level(index=2, success_count=5, error_count=3, input_tokens=70, output_tokens=90, in_flight=4)
    one.progress.errors.update({"timeout": 2, "http_5xx": 1})
    found = shown(one)
    assert found["loadcell_requests_total", ("2", "r", "success")] == 5
    assert found["loadcell_requests_total", ("2", "r", "error")] == 3
    assert found["loadcell_errors_total", ("timeout", "2", "r")] == 2
    assert found["loadcell_tokens_total", ("input", "2", "r")] == 70
    assert found["loadcell_tokens_total", ("output", "2", "r")] == 90
    assert found["loadcell_in_flight", ("2", "r")] == 4
    assert found["loadcell_run_info", ("m", "r", "running")] == 1


def test_the_load_asked_for_is_concurrency_or_rate():
    found = shown(level(index=0, concurrency=8), level(index=1, requested_rate=0.5))
    assert ("loadcell_level_info", ("8", "0", "", "r")) in found
    assert ("loadcell_level_info", ("", "1", "0.5", "r")) in found


@pytest.mark.parametrize(("word", "value"), [("clean", 0), ("degraded", 1), ("client_limited", 2)])
def test_verdicts_are_numbers(word, value):
    assert shown(level(verdict=word))["loadcell_client_verdict", ("0", "r")] == value


def test_a_level_without_a_verdict_shows_none():
    assert not [name for name, _ in shown(level()) if name == "loadcell_client_verdict"]


def test_M11_goodput_is_over_all_requests_that_ended():
    one = level(completed=10, success_count=5, error_count=5, good_count=4)
    one.objectives_set = True
    assert shown(one)["loadcell_goodput_ratio", ("0", "r")] == 0.4


def test_goodput_is_absent_without_objectives_and_before_the_first_request():
    without, early = level(completed=10), level(index=1)
    early.objectives_set = True
    assert not [name for name, _ in shown(without, early) if name == "loadcell_goodput_ratio"]


def test_without_a_controller_only_that_is_shown():
    [family] = families(None)
    assert [(s.name, s.value) for s in family.samples] == [("loadcell_controller_up", 0)]


@pytest.mark.parametrize("process", METRICS)
def test_names_are_unique_and_follow_the_conventions(process):
    names = metric_names(process)
    assert len({name.name for name in names}) == len(names)
    for name in names:
        assert name.help.endswith(".")
        assert name.name.endswith("_total") == (name.type == "counter"), name.name
        assert name.type != "histogram" or name.name.endswith(UNITS), name.name
