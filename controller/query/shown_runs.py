"""Reads what a page shows of runs: their results, what those mean, and what happened in each second."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from controller.analysis.level import read_levels
from controller.analysis.messages import by_rules
from controller.analysis.sweep import sweep
from controller.query.timeline import TimedLevel, timed_levels
from controller.report.shown import ShownLevel, ShownRun, most_spans, spans
from controller.store.database import Connection
from controller.store.query_time import Patience, bounded
from controller.store.records import RunRecord
from controller.store.retention import requests_expired
from controller.store.runs import list_levels
from controller.store.seconds import read_seconds
from loadcell.errors import LoadcellError
from loadcell.stats.columns import OK
from loadcell.stats.seconds import Requests, Seconds
from loadcell.stats.sketch import Histogram, bucket_counts, merge
from loadcell.v1 import result_pb2

PATIENCE_SECONDS = 20.0  # for the requests of all runs of a page
LONGEST_LEVEL = 172_800  # seconds of a level that are held at once: two days
_METRICS = ("ttft", "e2e")
_EXPIRED = "The requests of this run have reached their age and were deleted: nothing is drawn of single seconds."
_TOO_MANY = "The requests of some or all levels take too long to read: nothing is drawn of their single seconds."
_TOO_LONG = "Levels that went on for more than two days are not drawn by the second."


def shown_run(
    connection: Connection, run: RunRecord, result: result_pb2.RunResult, seconds: float = PATIENCE_SECONDS
) -> ShownRun:
    """Return a run with all that is shown of it; what would take longer to read is left out, and it is said."""
    levels: dict[int, ShownLevel] = {}
    missing = ""
    most = most_spans(len(result.results))
    try:
        with bounded(connection, seconds) as patience:
            for level in timed_levels(connection, run, list_levels(connection, run.run_key)):
                if level.length > LONGEST_LEVEL:
                    missing = _TOO_LONG
                elif level.length:
                    levels[level.index] = _level(connection, run, level, patience, most)
    except LoadcellError as error:
        if error.reason != "REQUEST_TIMEOUT":
            raise
        missing = _TOO_MANY
    if not levels and requests_expired(connection, run.run_key):
        missing = _EXPIRED
    analysis = by_rules(result, "en")[-1].analysis
    return ShownRun(result, analysis.findings, knee(result), levels, missing)


def knee(result: result_pb2.RunResult) -> int | None:
    """Return the position of the level at the knee, None where more load was not seen to bring no more."""
    for _, kind in groupby(read_levels(result), key=lambda level: level.open_loop):
        found = sweep(list(kind))
        if found is not None and found.saturated and found.knee is not None:
            return found.knee.result.index
    return None


def _level(connection: Connection, run: RunRecord, level: TimedLevel, patience: Patience, most: int) -> ShownLevel:
    seconds = Seconds(0, level.length)
    parts: dict[str, list[Histogram]] = {metric: [] for metric in _METRICS}
    for some in patience.watch(_requests(connection, run, level)):
        seconds.add(some)
        for metric in _METRICS:
            values = getattr(some, metric)
            parts[metric].append(bucket_counts(values[(some.status == OK) & (values >= 0)]))
    if level.sums is not None:
        seconds.add_fold(level.sums)
        for metric in _METRICS:
            parts[metric].append(level.sums.sketch(metric))
    return ShownLevel(
        tuple(spans(seconds, level.length, most)), {metric: merge(found) for metric, found in parts.items()}
    )


def _requests(connection: Connection, run: RunRecord, level: TimedLevel) -> Iterator[Requests]:
    return read_seconds(
        connection,
        run.run_key,
        level.index,
        level.shifts,
        first=0,
        last=level.length,
        folded=level.sums is not None,
    )
