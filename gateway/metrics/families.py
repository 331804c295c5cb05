"""Live metrics of the controller as Prometheus metric families."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.metrics_core import Metric

from gateway.metrics import names
from loadcell.metric_sheet import Sheet
from loadcell.sketches import merge_by_metric
from loadcell.v1 import fleet_pb2, run_pb2

MICROS = 1e6
# Fixed, so that runs can be compared and series can be added up.
LATENCY_BOUNDS_SECONDS = (
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 30, 60, 120,
)  # fmt: skip
TOKEN_GAP_BOUNDS_SECONDS = (
    0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 5,
)  # fmt: skip
_HISTOGRAMS = (
    ("ttft", names.TTFT, LATENCY_BOUNDS_SECONDS),
    ("itl", names.ITL, TOKEN_GAP_BOUNDS_SECONDS),
    ("e2e", names.E2E, LATENCY_BOUNDS_SECONDS),
)
_VERDICTS = {"clean": 0, "degraded": 1, "client_limited": 2}


def families(live: fleet_pb2.GetLiveMetricsResponse | None) -> list[Metric]:
    """Return the metric families of live metrics; without them only that the controller is down."""
    sheet = Sheet((*names.CONTROLLER_METRICS, *names.RUN_METRICS))
    sheet.add(names.CONTROLLER_UP, (), int(live is not None))
    if live is not None:
        _controller(sheet, live)
        for run in live.runs:
            sheet.add(names.RUN_INFO, (run.run_id, run.model, run.status), 1)
            for level in run.levels:
                _level(sheet, run.run_id, level)
            _distributions(sheet, run.run_id, run.levels)
    return list(sheet)


def _controller(sheet: Sheet, live: fleet_pb2.GetLiveMetricsResponse) -> None:
    for state in sorted(live.agent_counts):
        sheet.add(names.AGENTS, (state,), live.agent_counts[state])
    for status in sorted(live.run_counts):
        sheet.add(names.RUNS, (status,), live.run_counts[status])
    sheet.add(names.BATCHES, (), live.batches_committed)
    sheet.add(names.DUPLICATES, (), live.batches_duplicate)
    sheet.add(names.SAMPLES, (), live.samples_committed)


def _level(sheet: Sheet, run_id: str, level: fleet_pb2.LevelMetrics) -> None:
    progress = level.progress
    labels = (run_id, str(progress.index))
    sheet.add(names.LEVEL_INFO, (*labels, *_load(progress)), 1)
    sheet.add(names.REQUESTS, (*labels, "success"), progress.success_count)
    sheet.add(names.REQUESTS, (*labels, "error"), progress.error_count)
    for error_class in sorted(progress.errors):
        sheet.add(names.ERRORS, (*labels, error_class), progress.errors[error_class])
    sheet.add(names.TOKENS, (*labels, "input"), progress.input_tokens)
    sheet.add(names.TOKENS, (*labels, "output"), progress.output_tokens)
    sheet.add(names.IN_FLIGHT, labels, progress.in_flight)
    if level.objectives_set:
        sheet.add(names.GOOD, labels, progress.good_count)
        if progress.completed:
            sheet.add(names.GOODPUT, labels, progress.good_count / progress.completed)
    if progress.verdict in _VERDICTS:
        sheet.add(names.VERDICT, labels, _VERDICTS[progress.verdict])


def _distributions(sheet: Sheet, run_id: str, levels: Iterable[fleet_pb2.LevelMetrics]) -> None:
    """Show the latencies of a run: those of each level would be most of all series there are.

    Levels follow one another, so a rate over the last minute is that of the level that is running.
    """
    found = merge_by_metric(sketch for level in levels for sketch in level.sketches)
    for metric, name, bounds in _HISTOGRAMS:
        if metric in found:
            below = found[metric].cumulative([bound * MICROS for bound in bounds])
            sheet.add_buckets(name, (run_id,), bounds, [*below, found[metric].count], found[metric].sum / MICROS)


def _load(progress: run_pb2.LevelProgress) -> tuple[str, str]:
    concurrency = str(progress.concurrency) if progress.HasField("concurrency") else ""
    rate = f"{progress.requested_rate:g}" if progress.HasField("requested_rate") else ""
    return concurrency, rate
