"""What a page shows of a run beyond its result document: the seam between what is stored and what is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from loadcell.stats.seconds import Second
from loadcell.stats.sketch import Histogram
from loadcell.v1 import analysis_pb2, result_pb2

MOST_SPANS = 240  # of a level: a chart is no wider
_WHOLE_LEVELS, _FEWEST_SPANS = 10, 10


@dataclass(frozen=True, slots=True)
class Span:
    """Some seconds of a level, one after the other.

    Attributes:
        start: Seconds since the start of the level.
        length: Seconds.
        sent: Requests begun, a second.
        succeeded: Requests that succeeded, a second.
        failed: Requests that failed, a second.
        output_tokens: Tokens of those that succeeded, a second.
        in_flight: Most requests in flight at the end of a second.
        latencies: By metric and percentile, milliseconds: of the slowest of the seconds.
    """

    start: int
    length: int
    sent: float
    succeeded: float
    failed: float
    output_tokens: float
    in_flight: int
    latencies: Mapping[tuple[str, str], float | None]


@dataclass(frozen=True, slots=True)
class ShownLevel:
    """What happened during a level, and how its latencies are distributed: microseconds, by metric."""

    spans: Sequence[Span]
    distributions: Mapping[str, Histogram]


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A run with all that is shown of it.

    Attributes:
        result: Its document.
        findings: What the rules say of it.
        knee: Position of the level at the knee of its throughput, None where there is none.
        levels: By position of the level, as far as requests of it are stored.
        missing: Why there is nothing of levels; empty when there is.
    """

    result: result_pb2.RunResult
    findings: Sequence[analysis_pb2.AnalysisFinding] = ()
    knee: int | None = None
    levels: Mapping[int, ShownLevel] = field(default_factory=dict)
    missing: str = ""


def most_spans(level_count: int) -> int:
    """Return the most spans of a level: fewer where there are many levels, so pages stay small."""
    return min(MOST_SPANS, max(_FEWEST_SPANS, MOST_SPANS * _WHOLE_LEVELS // max(1, level_count)))


def spans(seconds: Iterable[Second], count: int, most: int = MOST_SPANS) -> Iterator[Span]:
    """Yield `count` seconds as at most `most` spans of one length, the last one perhaps shorter."""
    length = -(-count // most) or 1
    rest = iter(seconds)
    while some := list(islice(rest, length)):
        size = len(some)
        yield Span(
            start=some[0].second,
            length=size,
            sent=sum(one.sent for one in some) / size,
            succeeded=sum(one.succeeded for one in some) / size,
            failed=sum(one.failed for one in some) / size,
            output_tokens=sum(one.output_tokens for one in some) / size,
            in_flight=max(one.in_flight for one in some),
            latencies={
                (metric, name): max(
                    (value for one in some if (value := getattr(getattr(one, metric), name)) is not None),
                    default=None,
                )
                for metric in ("ttft", "e2e")
                for name in ("p50", "p95")
            },
        )
