"""The metrics of runs as text: what the client library would write of sketches merged anew at every scrape."""

from __future__ import annotations

import numpy as np
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from gateway.metrics import names
from gateway.metrics.runs import LATENCY_BOUNDS_SECONDS, MICROS, TOKEN_GAP_BOUNDS_SECONDS, RunText
from loadcell import sketches
from loadcell.metric_sheet import Sheet
from loadcell.sketches import merge_by_metric, to_message
from loadcell.stats.sketch import Histogram, bucket_counts, merge
from loadcell.v1 import fleet_pb2, run_pb2

STEPS = 25
MOST_LEVELS = 6
HISTOGRAMS = (
    ("ttft", names.TTFT, LATENCY_BOUNDS_SECONDS),
    ("itl", names.ITL, TOKEN_GAP_BOUNDS_SECONDS),
    ("e2e", names.E2E, LATENCY_BOUNDS_SECONDS),
)
VERDICTS = ("clean", "degraded", "client_limited")
WRITERS = {False: generate_latest, True: generate_openmetrics}


def by_the_library(runs: list[fleet_pb2.RunMetrics], *, openmetrics: bool) -> str:
    class Shown(CollectorRegistry):
        def collect(self):
            return sheet_of(runs)

    return WRITERS[openmetrics](Shown()).decode().removesuffix("# EOF\n")


def sheet_of(runs: list[fleet_pb2.RunMetrics]) -> Sheet:
    sheet = Sheet(names.RUN_METRICS)
    for run in runs:
        sheet.add(names.RUN_INFO, (run.run_id, run.model, run.status), 1)
        for level in run.levels:
            fill_level(sheet, run.run_id, level.progress)
        merged = merge_by_metric(sketch for level in run.levels for sketch in level.sketches)
        for metric, name, bounds in HISTOGRAMS:
            if metric in merged:
                below = merged[metric].cumulative([bound * MICROS for bound in bounds])
                total = merged[metric].sum / MICROS
                sheet.add_buckets(name, (run.run_id,), bounds, [*below, merged[metric].count], total)
    return sheet


def fill_level(sheet: Sheet, run_id: str, progress: run_pb2.LevelProgress) -> None:
    labels = (run_id, str(progress.index))
    sheet.add(names.LEVEL_INFO, (*labels, str(progress.concurrency), ""), 1)
    sheet.add(names.REQUESTS, (*labels, "success"), progress.success_count)
    sheet.add(names.REQUESTS, (*labels, "error"), progress.error_count)
    for error_class, count in sorted(progress.errors.items()):
        sheet.add(names.ERRORS, (*labels, error_class), count)
    sheet.add(names.TOKENS, (*labels, "input"), progress.input_tokens)
    sheet.add(names.TOKENS, (*labels, "output"), progress.output_tokens)
    sheet.add(names.IN_FLIGHT, labels, progress.in_flight)
    sheet.add(names.GOOD, labels, progress.good_count)
    if progress.completed:
        sheet.add(names.GOODPUT, labels, progress.good_count / progress.completed)
    sheet.add(names.VERDICT, labels, VERDICTS.index(progress.verdict))


def new_level(index: int) -> fleet_pb2.LevelMetrics:
    progress = run_pb2.LevelProgress(index=index, concurrency=2**index, verdict="clean")
    return fleet_pb2.LevelMetrics(progress=progress, objectives_set=True)


def add_requests(level: fleet_pb2.LevelMetrics, rng: np.random.Generator) -> None:
    """Let requests end, with what a level may have of each metric: nothing yet, zeros, and ever more values."""
    progress, known = level.progress, merge_by_metric(level.sketches)
    count = int(rng.integers(1, 3_000_000))
    progress.completed += count
    progress.good_count += count // 3
    progress.success_count += count - 2
    progress.error_count += 2
    progress.errors[str(rng.choice(["timeout", "http_5xx"]))] += 2
    progress.output_tokens += 7 * count
    progress.in_flight = int(rng.integers(0, 9))
    progress.verdict = str(rng.choice(VERDICTS))
    for metric, _, _ in HISTOGRAMS:
        if rng.random() < 0.7:
            values = rng.lognormal(11, 3, int(rng.integers(0, 50))) * rng.integers(0, 2, 1)
            known[metric] = merge([known.get(metric, Histogram()), bucket_counts(values)])
    del level.sketches[:]
    level.sketches.extend(to_message(metric, histogram) for metric, histogram in known.items())


def step(runs: list[fleet_pb2.RunMetrics], rng: np.random.Generator, number: int) -> None:
    """Let something happen: runs begin and go, levels begin, requests end in any level, or nothing at all."""
    if rng.random() < 0.4:
        model = str(rng.choice(["m", 'of "quotes"', "back\\slash\nand line", "größer"]))
        runs.append(fleet_pb2.RunMetrics(run_id=f"run-{number}", model=model, status="running"))
    if runs and rng.random() < 0.1:
        del runs[int(rng.integers(0, len(runs)))]
    for run in runs:
        if len(run.levels) < MOST_LEVELS and rng.random() < 0.5:
            run.levels.append(new_level(len(run.levels)))
        for level in run.levels:
            if rng.random() < 0.3:
                add_requests(level, rng)


@pytest.mark.parametrize("openmetrics", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_every_scrape_is_what_the_library_writes_of_all_sketches(seed, openmetrics):
    rng, runs, text, most = np.random.default_rng(seed), [], RunText(), 0
    for number in range(STEPS):
        step(runs, rng, number)
        assert text.text(runs, openmetrics=openmetrics) == by_the_library(runs, openmetrics=openmetrics)
        most = max(most, sum(len(run.levels) for run in runs))
    assert most > 2 * MOST_LEVELS


def test_names_of_models_are_read_as_they_were():
    run = fleet_pb2.RunMetrics(run_id="r", model='a\\n"b"\n\\', status="running")
    text = RunText().text([run], openmetrics=True) + "# EOF\n"
    [family] = text_string_to_metric_families(text)
    assert [sample.labels["model"] for sample in family.samples] == [run.model]


def test_only_levels_that_changed_are_read_again_and_none_is_kept_that_is_gone(monkeypatch):
    read = []

    def counting(of_level):
        read.append(of_level)
        return merge_by_metric(of_level)

    monkeypatch.setattr(sketches, "merge_by_metric", counting)
    rng, text = np.random.default_rng(0), RunText()
    runs = [fleet_pb2.RunMetrics(run_id=name, levels=[new_level(0), new_level(1)]) for name in ("a", "b")]

    def levels_read() -> int:
        read.clear()
        text.text(runs, openmetrics=False)
        return len(read)

    assert levels_read() == 4
    assert levels_read() == 0
    add_requests(runs[1].levels[0], rng)
    assert levels_read() == 1
    again = runs.pop()
    assert levels_read() == 0
    runs.append(again)
    assert levels_read() == 2


def test_a_corrupt_sketch_is_said_at_every_scrape():
    level = new_level(0)
    level.sketches.append(to_message("ttft", bucket_counts(np.array([1.0]))))
    level.sketches[0].accuracy = 0.5
    text, runs = RunText(), [fleet_pb2.RunMetrics(run_id="r", levels=[level])]
    for _ in range(2):
        with pytest.raises(ValueError, match="accuracy"):
            text.text(runs, openmetrics=False)
