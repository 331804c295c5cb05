"""Charts of the levels of a result: what more load brings, what it costs, and how latencies spread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from google.protobuf.message import Message

from controller.report.page.chart import COLOURS, Chart, Point, Series
from controller.report.page.scale import Scale, linear, logarithmic
from controller.report.shown import ShownRun
from loadcell.levels import level_name
from loadcell.v1 import result_pb2

TOKENS, REQUESTS = "throughput_tokens_per_sec", "request_rate_per_sec"
THROUGHPUTS = {TOKENS: "output tokens per second", REQUESTS: "requests per second"}
METRICS = {
    "ttft": "Time to first token",
    "tpot": "Time per output token",
    "itl": "Gaps between tokens",
    "e2e_latency": "End-to-end latency",
}
_CURVE = (("p50", "p50"), ("p90", "p90"), ("p95", "p95"), ("p99", "p99"), ("p999", "p99.9"))
_KNEE_LINES = (
    ("e2e_latency", "p95", "end to end p95", 1, True),
    ("e2e_latency", "p50", "end to end p50", 1, False),
    ("ttft", "p95", "first token p95", 0, True),
    ("ttft", "p50", "first token p50", 0, False),
)
MOST_NAMES = 12  # of levels along an axis


def name_of(level: result_pb2.LevelResult) -> str:
    """Return how a level is called."""
    return level_name(level.concurrency, level.requested_rate)


def figure(message: Message, name: str) -> float | None:
    """Return a number of a message, None when it is not set."""
    return float(getattr(message, name)) if message.HasField(name) else None


def throughput_field(results: Sequence[result_pb2.RunResult]) -> str:
    """Return which throughput is told: that of tokens where they were counted."""
    counted = any(level.throughput_tokens_per_sec > 0 for result in results for level in result.results)
    return TOKENS if counted else REQUESTS


def evenly(levels: Sequence[result_pb2.LevelResult]) -> Sequence[result_pb2.LevelResult]:
    """Return at most as many levels as can be told apart, the first and the last among them."""
    if len(levels) <= COLOURS:
        return levels
    return [levels[round(number * (len(levels) - 1) / (COLOURS - 1))] for number in range(COLOURS)]


def some_note(levels: Sequence[result_pb2.LevelResult]) -> str:
    """Return what is said where not all levels are drawn."""
    return f"{COLOURS} of {len(levels)} levels are drawn." if len(levels) > COLOURS else ""


def level_charts(run: ShownRun) -> Iterator[Chart]:
    """Yield the charts that the document alone has."""
    levels = run.result.results
    yield _knee(run)
    if len(levels) > 1:
        yield _shares(levels)
    for metric, title in METRICS.items():
        yield _percentiles(levels, metric, title)


def level_axis(count: int) -> Scale:
    """Return an axis with a place for each of some levels: 0, 1, 2, ..."""
    return Scale(-0.3, max(count - 1, 0) + 0.3, ())


def _knee(run: ShownRun) -> Chart:
    levels = run.result.results
    field = throughput_field([run.result])
    series = [
        Series(
            name,
            [
                Point(across, figure(getattr(level, metric), percentile), name_of(level), shown=number == 0)
                for level in levels
                if (across := figure(level, field)) is not None
            ],
            colour,
            dashed,
        )
        for number, (metric, percentile, name, colour, dashed) in enumerate(_KNEE_LINES)
    ]
    marks = [
        (across, f"knee: {name_of(level)}")
        for level in levels
        if level.index == run.knee and len(levels) > 1 and (across := figure(level, field)) is not None
    ]
    note = "The knee is the lowest load that gives nearly all the throughput there is." if marks else ""
    heights = [point.y for one in series for point in one.points if point.y is not None]
    return Chart(
        "Throughput and latency",
        THROUGHPUTS[field],
        "milliseconds",
        linear(point.x for one in series for point in one.points),
        logarithmic(heights),
        series,
        marks=marks,
        note=note,
    )


def _shares(levels: Sequence[result_pb2.LevelResult]) -> Chart:
    step = -(-len(levels) // MOST_NAMES) or 1
    names = [(float(place), name_of(level)) for place, level in enumerate(levels) if place % step == 0]
    lines = {
        "goodput": [figure(level.goodput, "goodput_percent") for level in levels],
        "error rate": [figure(level, "error_rate_percent") for level in levels],
    }
    series = [
        Series(name, [Point(place, share, name_of(levels[place])) for place, share in enumerate(shares)], colour)
        for (name, shares), colour in zip(lines.items(), (2, 5), strict=True)
    ]
    return Chart(
        "Goodput and errors",
        "level",
        "percent of requests",
        level_axis(len(levels)),
        linear([0, 100]),
        series,
        names,
    )


def _percentiles(levels: Sequence[result_pb2.LevelResult], metric: str, title: str) -> Chart:
    series = [
        Series(
            name_of(level),
            [
                Point(place, figure(getattr(level, metric), field), shown)
                for place, (field, shown) in enumerate(_CURVE)
            ],
            colour,
        )
        for colour, level in enumerate(evenly(levels))
    ]
    return Chart(
        f"{title}: percentiles",
        "percentile",
        "milliseconds",
        Scale(-0.2, len(_CURVE) - 0.8, ()),
        logarithmic(point.y for one in series for point in one.points if point.y is not None),
        series,
        [(float(place), shown) for place, (_, shown) in enumerate(_CURVE)],
        note=some_note(levels),
    )
