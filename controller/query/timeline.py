"""What happened in each second of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from controller.keeping import keeping_of
from controller.messages import timestamp
from controller.query.results import check_requests, require_run
from controller.scope import Scope
from controller.store.database import Connection
from controller.store.leases import list_leases
from controller.store.query_time import bounded
from controller.store.records import LevelRecord, RunRecord
from controller.store.runs import list_levels
from controller.store.seconds import last_ends, read_level_folds, read_seconds
from loadcell.errors import LoadcellError
from loadcell.stats.fold import Fold
from loadcell.stats.seconds import MICROS, Latency, Second, Seconds
from loadcell.v1 import run_pb2

DEFAULT_POINTS = 3_600
MAX_POINTS = 10_000
LONGEST_SECONDS = 50.0  # a caller waits for a minute


@dataclass(frozen=True, slots=True)
class TimedLevel:
    """A level that was started; `length` is in seconds, `shifts` are microseconds by lease_key.

    `sums` is what its requests add up to where not all of them are kept.
    """

    index: int
    start_micros: int
    shifts: Mapping[int, int]
    length: int
    sums: Fold | None


def run_timeline(
    connection: Connection, request: run_pb2.GetRunTimelineRequest, scope: Scope
) -> run_pb2.GetRunTimelineResponse:
    """Return a part of the timeline of a run in any state.

    Raises:
        LoadcellError: RUN_NOT_FOUND; RESULT_NOT_FOUND, its requests were deleted for their age;
            INVALID_FIELD_VALUE or LIMIT_EXCEEDED naming the field; REQUEST_TIMEOUT.
    """
    run = require_run(connection, request.run_id, scope)
    limit = request.limit if request.HasField("limit") else DEFAULT_POINTS
    if not 1 <= limit <= MAX_POINTS:
        raise LoadcellError(
            "LIMIT_EXCEEDED", f"limit must be from 1 to {MAX_POINTS:,}, not {limit}", field="limit"
        )
    if request.offset_seconds < 0:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"offset_seconds must be at least 0, not {request.offset_seconds}",
            field="offset_seconds",
        )
    begin, end = request.offset_seconds, request.offset_seconds + limit
    response = run_pb2.GetRunTimelineResponse(run_id=run.run_id)
    with bounded(connection, LONGEST_SECONDS) as patience:
        passed = 0
        for level in timed_levels(connection, run, _chosen(connection, run, request)):
            first, last = max(0, begin - passed), min(level.length, end - passed)
            if first < last:
                seconds = Seconds(first, last - first)
                rows = read_seconds(
                    connection,
                    run.run_key,
                    level.index,
                    level.shifts,
                    first=first,
                    last=last,
                    folded=level.sums is not None,
                )
                for some in patience.watch(rows):
                    seconds.add(some)
                if level.sums is not None:
                    seconds.add_fold(level.sums)
                response.points.extend(_point(level, second) for second in seconds)
            passed += level.length
        if not response.points:
            check_requests(connection, run)
    if passed > end:
        response.next_offset_seconds = end
    return response


def _chosen(
    connection: Connection, run: RunRecord, request: run_pb2.GetRunTimelineRequest
) -> Sequence[LevelRecord]:
    levels = list_levels(connection, run.run_key)
    if not request.HasField("level"):
        return levels
    if not 0 <= request.level < len(levels):
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"level must be from 0 to {len(levels) - 1}, not {request.level}: the run has {len(levels)} levels",
            field="level",
        )
    return [levels[request.level]]


def timed_levels(connection: Connection, run: RunRecord, levels: Sequence[LevelRecord]) -> Iterator[TimedLevel]:
    """Yield the levels with their lengths, up to the last request each."""
    leases = list_leases(connection, run.run_key)
    for level in levels:
        index, start = level.plan.index, level.start_micros
        shifts = {
            lease.lease_key: lease.start_micros - start if lease.start_micros and start else 0
            for lease in leases
            if lease.level == index
        }
        ends = [end + shifts.get(key, 0) for key, end in last_ends(connection, run.run_key, index).items()]
        sums = None
        if keeping_of(run.config) is not None:
            sums = read_level_folds(connection, run.run_key, shifts)
            ends += [sums.extremes["last_end"]] if len(sums) else []
        yield TimedLevel(index, start, shifts, max(0, *ends, 0) // MICROS + 1 if ends else 0, sums)


def _point(level: TimedLevel, second: Second) -> run_pb2.TimelinePoint:
    return run_pb2.TimelinePoint(
        level=level.index,
        second=second.second,
        started_at=timestamp(level.start_micros + second.second * MICROS),
        due_count=second.due,
        sent_count=second.sent,
        success_count=second.succeeded,
        error_count=second.failed,
        in_flight=second.in_flight,
        output_tokens=second.output_tokens,
        ttft=_latency(second.ttft),
        e2e=_latency(second.e2e),
    )


def _latency(found: Latency) -> run_pb2.LiveLatency:
    return run_pb2.LiveLatency(mean=found.mean, p50=found.p50, p95=found.p95, p99=found.p99, count=found.count)
