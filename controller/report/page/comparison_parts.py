"""What a page says of several runs together: gates, changes against the first, and one drawn over the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from controller.report.page.chart import Chart, Point, Series, draw
from controller.report.page.elements import Markup, element, section, table
from controller.report.page.level_charts import (
    MOST_NAMES,
    THROUGHPUTS,
    figure,
    level_axis,
    name_of,
    throughput_field,
)
from controller.report.page.scale import linear, logarithmic
from controller.report.sheet import Cell
from controller.report.shown import ShownRun
from loadcell.levels import level_name, parse_level_key
from loadcell.v1 import result_pb2, run_pb2

FIGURES = (
    "throughput",
    "request_rate",
    "ttft.p50",
    "ttft.p99",
    "tpot.p50",
    "e2e.p50",
    "e2e.p99",
    "error_rate",
    "goodput",
)
"""Figures whose changes are shown; a gate may be on any other, too."""
_UNITS = {"ms": "ms", "percent": "%", "tokens_per_second": "tok/s", "requests_per_second": "req/s"}
_BY_LEVEL = (
    ("ttft", "p50", "Time to first token p50"),
    ("ttft", "p99", "Time to first token p99"),
    ("e2e_latency", "p50", "End-to-end latency p50"),
    ("e2e_latency", "p99", "End-to-end latency p99"),
)


def comparison_parts(runs: Sequence[ShownRun], comparison: run_pb2.CompareRunsResponse) -> Iterator[Markup]:
    """Yield what runs are against the first of them."""
    results = [run.result for run in runs]
    names = {result.run_id: f"Run {number}" for number, result in enumerate(results, 1)}
    yield table(
        [
            "",
            "Run ID",
            "Model",
            "Server URL",
            "Status",
            "Best Throughput (tok/s)",
            "Best TTFT p50 (ms)",
            "Verdict",
        ],
        [_row(names[result.run_id], result) for result in results],
    )
    differing = [_setting(found, names) for found in comparison.setting_differences]
    yield section("Settings that differ from run 1", table(["Setting", "Run", "Run 1", "Now"], differing))
    missed = sorted(comparison.gates, key=lambda gate: gate.passed)
    yield section("Gates", table(["Gate", "Run", "Level", "Outcome", ""], [_gate(gate, names) for gate in missed]))
    yield section("Side by side", element("div", *(draw(chart) for chart in overlays(results)), class_="charts"))
    shown = [delta for delta in comparison.deltas if delta.metric in FIGURES]
    titles = [
        "Figure",
        "Run",
        "Level",
        "Run 1",
        "Now",
        "Change",
        "Change (%)",
        "95 % interval",
        "Verdict",
        "Because",
    ]
    yield section("Changes against run 1", table(titles, [_delta(delta, names) for delta in shown]))


def overlays(results: Sequence[result_pb2.RunResult]) -> Iterator[Chart]:
    """Yield the charts that have a line for each run."""
    field = throughput_field(results)
    series = [
        Series(_title(number, result), list(_knee_points(result, field)), number)
        for number, result in enumerate(results)
    ]
    points = [point for one in series for point in one.points]
    yield Chart(
        "Throughput and latency",
        THROUGHPUTS[field],
        "end to end p50, milliseconds",
        linear(point.x for point in points),
        logarithmic(point.y for point in points if point.y is not None),
        series,
    )
    yield _by_level(results, "Throughput", THROUGHPUTS[field], lambda level: figure(level, field))
    for metric, percentile, title in _BY_LEVEL:
        yield _by_level(results, title, "milliseconds", _reader(metric, percentile), slow=True)


def _reader(metric: str, percentile: str) -> Callable[[result_pb2.LevelResult], float | None]:
    return lambda level: figure(getattr(level, metric), percentile)


def _by_level(
    results: Sequence[result_pb2.RunResult],
    title: str,
    unit: str,
    value: Callable[[result_pb2.LevelResult], float | None],
    *,
    slow: bool = False,
) -> Chart:
    loads = sorted({_load(level) for result in results for level in result.results})
    places = {load: float(place) for place, load in enumerate(loads)}
    series = [
        Series(
            _title(number, result),
            [
                Point(places[_load(level)], value(level), name_of(level))
                for level in sorted(result.results, key=_load)
            ],
            number,
        )
        for number, result in enumerate(results)
    ]
    heights = [point.y for one in series for point in one.points if point.y is not None]
    step = -(-len(loads) // MOST_NAMES) or 1
    return Chart(
        f"{title} by level",
        "level",
        unit,
        level_axis(len(loads)),
        logarithmic(heights) if slow else linear(heights),
        series,
        [(places[load], level_name(load[1], load[0])) for load in loads[::step]],
    )


def _title(number: int, result: result_pb2.RunResult) -> str:
    return f"Run {number + 1}: {result.model}"


def _load(level: result_pb2.LevelResult) -> tuple[float, int]:
    return level.requested_rate, level.concurrency


def _knee_points(result: result_pb2.RunResult, field: str) -> Iterator[Point]:
    for level in result.results:
        across = figure(level, field)
        if across is not None:
            yield Point(across, figure(level.e2e_latency, "p50"), name_of(level), shown=True)


def _row(name: str, result: result_pb2.RunResult) -> list[Cell]:
    summary = result.summary
    return [
        name,
        result.run_id,
        result.model,
        result.server_url,
        result.status,
        figure(summary, "best_throughput"),
        figure(summary, "best_ttft_p50"),
        result.verdict.status,
    ]


def _setting(found: run_pb2.SettingDifference, names: dict[str, str]) -> list[Cell]:
    return [found.setting, names.get(found.run_id, found.run_id), found.base_value, found.value]


def _gate(gate: run_pb2.GateOutcome, names: dict[str, str]) -> list[Cell]:
    outcome = "passed" if gate.passed else "missed"
    return [gate.gate, names.get(gate.run_id, gate.run_id), _level(gate.level), outcome, gate.sentence]


def _delta(delta: run_pb2.MetricDelta, names: dict[str, str]) -> list[Cell]:
    unit = _UNITS.get(delta.unit, delta.unit)
    interval = f"{delta.change_low:+,.4g} to {delta.change_high:+,.4g}" if delta.HasField("change_low") else None
    return [
        f"{delta.metric} ({unit})" if unit else delta.metric,
        names.get(delta.run_id, delta.run_id),
        _level(delta.level),
        figure(delta, "base_value"),
        figure(delta, "value"),
        figure(delta, "change"),
        figure(delta, "change_percent"),
        interval,
        delta.verdict.replace("_", " "),
        delta.unknown_reason,
    ]


def _level(key: str) -> str:
    return level_name(*parse_level_key(key)) if key else ""
