"""Live metrics of runs as Prometheus text. What is as it was at the last scrape is not made again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.metrics import names
from gateway.metrics.lines import Lines, exposition
from loadcell.v1 import fleet_pb2, run_pb2

if TYPE_CHECKING:
    from loadcell.stats.sketch import Histogram

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


@dataclass(frozen=True, slots=True)
class _Level:
    """What is shown of a level, and its part of what is shown of its run."""

    lines: Lines
    histograms: dict[str, Histogram]


class RunText:
    """Writes down the metrics of runs.

    Most levels of a run have ended: what was made of one is kept, by all that is known of it, until a scrape in
    which it is not as it was, or not there.
    """

    def __init__(self) -> None:
        self._levels: dict[tuple[str, bytes], _Level] = {}

    def text(self, runs: Iterable[fleet_pb2.RunMetrics], *, openmetrics: bool) -> str:
        """Return the text of all runs, without the end that OpenMetrics wants.

        Raises:
            ValueError: A sketch is corrupt.
        """
        known, self._levels = self._levels, {}
        parts = []
        for run in runs:
            levels = []
            for level in run.levels:
                key = (run.run_id, level.SerializeToString(deterministic=True))
                made = self._levels[key] = known.get(key) or _level(run.run_id, level)
                levels.append(made)
            parts += [_run(run, levels), *(level.lines for level in levels)]
        return exposition(names.RUN_METRICS, parts, openmetrics=openmetrics)


def _run(run: fleet_pb2.RunMetrics, levels: Sequence[_Level]) -> Lines:
    """Show a run with its latencies: those of each level would be most of all series there are.

    Levels follow one another, so a rate over the last minute is that of the level that is running.
    """
    # NumPy comes with it, a quarter of what a gateway takes to start.
    from loadcell.stats.sketch import merge  # noqa: PLC0415

    lines = Lines()
    lines.add(names.RUN_INFO, (run.run_id, run.model, run.status), 1)
    for metric, name, bounds in _HISTOGRAMS:
        parts = [level.histograms[metric] for level in levels if metric in level.histograms]
        if parts:
            found = merge(parts)
            below = found.cumulative([bound * MICROS for bound in bounds])
            lines.add_buckets(name, (run.run_id,), bounds, [*below, found.count], found.sum / MICROS)
    return lines


def _level(run_id: str, level: fleet_pb2.LevelMetrics) -> _Level:
    from loadcell.sketches import merge_by_metric  # noqa: PLC0415 - as above

    progress = level.progress
    labels = (run_id, str(progress.index))
    lines = Lines()
    lines.add(names.LEVEL_INFO, (*labels, *_load(progress)), 1)
    lines.add(names.REQUESTS, (*labels, "success"), progress.success_count)
    lines.add(names.REQUESTS, (*labels, "error"), progress.error_count)
    for error_class in sorted(progress.errors):
        lines.add(names.ERRORS, (*labels, error_class), progress.errors[error_class])
    lines.add(names.TOKENS, (*labels, "input"), progress.input_tokens)
    lines.add(names.TOKENS, (*labels, "output"), progress.output_tokens)
    lines.add(names.IN_FLIGHT, labels, progress.in_flight)
    if level.objectives_set:
        lines.add(names.GOOD, labels, progress.good_count)
        if progress.completed:
            lines.add(names.GOODPUT, labels, progress.good_count / progress.completed)
    if progress.verdict in _VERDICTS:
        lines.add(names.VERDICT, labels, _VERDICTS[progress.verdict])
    return _Level(lines, merge_by_metric(level.sketches))


def _load(progress: run_pb2.LevelProgress) -> tuple[str, str]:
    concurrency = str(progress.concurrency) if progress.HasField("concurrency") else ""
    rate = f"{progress.requested_rate:g}" if progress.HasField("requested_rate") else ""
    return concurrency, rate
