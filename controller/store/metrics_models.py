"""What is known of models of all time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, func, select

from controller.query.metrics.rows import Contexts
from controller.query.metrics.spans import Edge, Span
from controller.store.among import one_of
from controller.store.metrics_requests import began_in
from controller.store.rollup_reading import where_rollups
from controller.store.schema import benchmark_runs, traces
from controller.store.schema_queries import contexts, rollups
from loadcell.stats.columns import ERROR, OK
from loadcell.stats.rollup import DAY
from loadcell.v1 import result_pb2

_DAY_MICROS = DAY * 1_000_000
_NEWEST_RUNS = 100


@dataclass(frozen=True, slots=True)
class ContextTotals:
    """The requests of a context: how many, how many of them streamed, and its first and last day (since 1970)."""

    context_key: int
    requests: int
    streamed: int
    first_day: int
    last_day: int


def read_totals(connection: Connection, of: Contexts) -> list[ContextTotals]:
    """Return the totals of contexts that have requests."""
    bucket, key = rollups.c.bucket, rollups.c.context_key
    first, last = (
        connection.execute(select(end(bucket)).where(rollups.c.grain == DAY)).scalar_one()
        for end in (func.min, func.max)
    )
    if first is None:
        return []
    found = connection.execute(
        select(
            key,
            func.sum(rollups.c.ok_count + rollups.c.error_count),
            func.sum(rollups.c.ttft_count),
            func.min(bucket),
            func.max(bucket),
        )
        .where(*where_rollups(connection, Span(DAY, first, last + 1), of))
        .group_by(key)
        .having(func.sum(rollups.c.ok_count + rollups.c.error_count) > 0)
    )
    return [
        ContextTotals(key, int(count), int(streamed), first, last) for key, count, streamed, first, last in found
    ]


def token_sketches(connection: Connection, totals: Sequence[ContextTotals]) -> list[bytes]:
    """Return the packed sketches of the tokens of the requests of some contexts."""
    span = Span(DAY, min(one.first_day for one in totals), max(one.last_day for one in totals) + 1)
    keys = np.array(sorted(one.context_key for one in totals), np.int64)
    of = Contexts(keys, {}, every=False)
    found = connection.execute(select(rollups.c.tokens).where(*where_rollups(connection, span, of)))
    return [row[0] for row in found]


def first_and_last(connection: Connection, totals: Sequence[ContextTotals]) -> tuple[int, int]:
    """Return when the first and the last request of some contexts began, in microseconds since 1970.

    Where the requests of that day are no longer kept, it is the beginning of the day.
    """
    first, last = min(one.first_day for one in totals), max(one.last_day for one in totals)
    earliest = _extreme(
        connection, first, [one.context_key for one in totals if one.first_day == first], newest=False
    )
    latest = _extreme(connection, last, [one.context_key for one in totals if one.last_day == last], newest=True)
    return earliest, latest


def _extreme(connection: Connection, day: int, keys: list[int], *, newest: bool) -> int:
    extreme = func.max if newest else func.min
    (began,) = began_in(connection, [Edge(day * _DAY_MICROS, (day + 1) * _DAY_MICROS)])
    found: int | None = connection.execute(
        select(extreme(traces.c.ts)).where(
            *began,
            one_of(connection, traces.c.context_key, keys),
            traces.c.status.in_((OK, ERROR)),
        )
    ).scalar_one()
    return day * _DAY_MICROS if found is None else found


def newest_provider(connection: Connection, model: str, of: Contexts) -> str | None:
    """Return the provider that the newest run of a model in some contexts names."""
    found: str | None = connection.execute(
        select(contexts.c.provider)
        .join_from(benchmark_runs, contexts, benchmark_runs.c.context_key == contexts.c.context_key)
        .where(contexts.c.model == model, one_of(connection, contexts.c.context_key, of.keys.tolist()))
        .order_by(benchmark_runs.c.run_key.desc())
        .limit(1)
    ).scalar_one_or_none()
    return found


def streaming_was_tried(connection: Connection, keys: Collection[int]) -> bool:
    """Whether one of the newest runs in some contexts asked for streamed responses."""
    found = connection.execute(
        select(benchmark_runs.c.config)
        .where(one_of(connection, benchmark_runs.c.context_key, keys))
        .order_by(benchmark_runs.c.run_key.desc())
        .limit(_NEWEST_RUNS)
    )
    return any(result_pb2.RunConfig.FromString(row[0]).stream for row in found)
