"""Charts of the requests of a run: how their latencies are distributed, and what happened in each second."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from controller.report.page.chart import Chart, Point, Series
from controller.report.page.level_charts import evenly, name_of, some_note
from controller.report.page.scale import linear, logarithmic
from controller.report.shown import ShownLevel, ShownRun, Span
from loadcell.v1 import result_pb2

_BINS = 40
_MICROS = 1000.0  # of a millisecond
_DISTRIBUTIONS = {"ttft": "Time to first token", "e2e": "End-to-end latency"}
Line = tuple[str, Callable[[Span], float | None], int, bool]
_RATES: tuple[Line, ...] = (
    ("sent", lambda span: span.sent, 0, True),
    ("succeeded", lambda span: span.succeeded, 2, False),
    ("failed", lambda span: span.failed, 5, False),
)
_LATENCIES: tuple[Line, ...] = (
    ("first token p50", lambda span: span.latencies["ttft", "p50"], 0, False),
    ("first token p95", lambda span: span.latencies["ttft", "p95"], 0, True),
    ("end to end p50", lambda span: span.latencies["e2e", "p50"], 1, False),
    ("end to end p95", lambda span: span.latencies["e2e", "p95"], 1, True),
)
_FLYING: tuple[Line, ...] = (("in flight", lambda span: span.in_flight, 3, False),)
_TOKENS: tuple[Line, ...] = (("output tokens", lambda span: span.output_tokens, 6, False),)


def request_charts(run: ShownRun) -> Iterator[Chart]:
    """Yield the charts for which requests are read; none of a run that has none."""
    kept = [level for level in run.result.results if level.index in run.levels]
    if not kept:
        return
    for metric, title in _DISTRIBUTIONS.items():
        yield _distribution(run, kept, metric, title)
    yield _timeline(run, kept, "Requests over time", "per second", _RATES)
    yield _timeline(run, kept, "Latency over time", "milliseconds", _LATENCIES, slow=True)
    yield _timeline(run, kept, "Requests in flight", "requests", _FLYING)
    yield _timeline(run, kept, "Output tokens over time", "per second", _TOKENS)


def _distribution(run: ShownRun, kept: Sequence[result_pb2.LevelResult], metric: str, title: str) -> Chart:
    drawn = evenly(kept)
    found = [run.levels[level.index].distributions[metric] for level in drawn]
    ends = [end / _MICROS for one in found if one.count for end in (max(one.min, 1.0), one.max)]
    axis = logarithmic(ends)
    ratio = (axis.high / axis.low) ** (1 / _BINS) if axis.logarithmic else 1.0
    bounds = [axis.low * ratio**number for number in range(_BINS + 1)]
    series = []
    for colour, (level, histogram) in enumerate(zip(drawn, found, strict=True)):
        below = histogram.cumulative([bound * _MICROS for bound in bounds])
        counts = [below[0], *(after - before for before, after in pairwise(below))]
        points = []
        for number in range(1, _BINS + 1 if histogram.count else 1):
            # What is at or below the first bound belongs to the first bin: nothing is left out.
            inside = counts[number] + (counts[0] if number == 1 else 0)
            share = 100 * inside / histogram.count
            points += [Point(bounds[number - 1], share), Point(bounds[number], share)]
        series.append(Series(name_of(level), points, colour))
    heights = (point.y for one in series for point in one.points if point.y is not None)
    note = f"Successful requests in {_BINS} bins of equal ratio. {some_note(kept)}".rstrip()
    return Chart(
        f"{title}: distribution", "milliseconds", "percent of requests", axis, linear(heights), series, note=note
    )


def _timeline(
    run: ShownRun,
    kept: Sequence[result_pb2.LevelResult],
    title: str,
    unit: str,
    lines: Sequence[Line],
    *,
    slow: bool = False,
) -> Chart:
    levels: list[tuple[result_pb2.LevelResult, ShownLevel]] = [(level, run.levels[level.index]) for level in kept]
    series = [
        Series(name, [point for one in levels for point in _points(*one, value)], colour, dashed)
        for name, value, colour, dashed in lines
    ]
    heights = [point.y for one in series for point in one.points if point.y is not None]
    longest = max((span.length for _, shown in levels for span in shown.spans), default=1)
    note = ""
    if longest > 1:
        note = f"A point stands for up to {longest:,} seconds"
        note += ": the slowest of them." if slow else "."
    return Chart(
        title,
        "seconds since the start of the run",
        unit,
        linear(point.x for one in series for point in one.points),
        logarithmic(heights) if slow else linear(heights),
        series,
        marks=[(level.start_offset_seconds, name_of(level)) for level in kept] if 1 < len(kept) <= 12 else (),
        note=note,
    )


def _points(
    level: result_pb2.LevelResult, shown: ShownLevel, value: Callable[[Span], float | None]
) -> Iterator[Point]:
    """Yield the points of a level; the line is broken before it."""
    begin = level.start_offset_seconds
    yield Point(begin, None)
    for span in shown.spans:
        yield Point(begin + span.start + span.length / 2, value(span))
