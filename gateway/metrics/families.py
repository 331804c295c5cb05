"""Live metrics of the controller as Prometheus metric families."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from gateway.metrics import names
from gateway.metrics.names import MetricName
from loadcell.sketches import merge_by_metric
from loadcell.stats.sketch import Histogram
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
    sheet = _Sheet()
    sheet.add(names.CONTROLLER_UP, (), int(live is not None))
    if live is not None:
        _controller(sheet, live)
        for run in live.runs:
            sheet.add(names.RUN_INFO, (run.run_id, run.model, run.status), 1)
            for level in run.levels:
                _level(sheet, run.run_id, level)
    return list(sheet)


class _Sheet:
    """Metric families being filled, in the order of the table of names."""

    def __init__(self) -> None:
        self._families: dict[MetricName, Any] = {}

    def add(self, name: MetricName, labels: Sequence[str], value: float) -> None:
        """Add one sample of a counter or gauge."""
        if name not in self._families:
            family = CounterMetricFamily if name.type == "counter" else GaugeMetricFamily
            self._families[name] = family(name.name, name.help, labels=name.labels)
        self._families[name].add_metric(labels, value)

    def add_histogram(
        self, name: MetricName, labels: Sequence[str], histogram: Histogram, bounds_seconds: Sequence[float]
    ) -> None:
        """Add one distribution of microseconds as cumulative buckets of seconds."""
        if name not in self._families:
            self._families[name] = HistogramMetricFamily(name.name, name.help, labels=name.labels)
        counts = histogram.cumulative([bound * MICROS for bound in bounds_seconds])
        buckets = [(str(float(bound)), count) for bound, count in zip(bounds_seconds, counts, strict=True)]
        buckets.append(("+Inf", histogram.count))
        self._families[name].add_metric(labels, buckets, histogram.sum / MICROS)

    def __iter__(self) -> Iterator[Metric]:
        return (self._families[name] for name in names.metric_names() if name in self._families)


def _controller(sheet: _Sheet, live: fleet_pb2.GetLiveMetricsResponse) -> None:
    for state in sorted(live.agent_counts):
        sheet.add(names.AGENTS, (state,), live.agent_counts[state])
    for status in sorted(live.run_counts):
        sheet.add(names.RUNS, (status,), live.run_counts[status])
    sheet.add(names.BATCHES, (), live.batches_committed)
    sheet.add(names.DUPLICATES, (), live.batches_duplicate)
    sheet.add(names.SAMPLES, (), live.samples_committed)


def _level(sheet: _Sheet, run_id: str, level: fleet_pb2.LevelMetrics) -> None:
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
    distributions = merge_by_metric(level.sketches)
    for metric, name, bounds in _HISTOGRAMS:
        if metric in distributions:
            sheet.add_histogram(name, labels, distributions[metric], bounds)


def _load(progress: run_pb2.LevelProgress) -> tuple[str, str]:
    concurrency = str(progress.concurrency) if progress.HasField("concurrency") else ""
    rate = f"{progress.requested_rate:g}" if progress.HasField("requested_rate") else ""
    return concurrency, rate
