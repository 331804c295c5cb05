"""What is known of models of all time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from sqlalchemy import Connection, Executable, func, select

from controller.query.metrics.rows import Contexts
from controller.query.metrics.spans import Edge
from controller.store.among import each_given, given, one_of, one_of_given
from controller.store.metrics_requests import began_in, given_times
from controller.store.raw_rows import raw_pages, raw_rows
from controller.store.schema import benchmark_runs, traces
from controller.store.schema_queries import contexts, rollups
from controller.store.traces.columns import IS_COUNTED
from loadcell.stats.packed import largest
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
    dialect = connection.dialect.name
    asked = {} if of.every else given(dialect, of.keys.tolist())
    found = raw_rows(connection, _totals(dialect, every=of.every), asked)
    return [ContextTotals(key, int(count), int(streamed), *days) for key, count, streamed, *days in found if count]


@lru_cache
def _totals(dialect: str, *, every: bool) -> Executable:
    key, bucket = rollups.c.context_key, rollups.c.bucket
    return (
        select(
            key,
            func.sum(rollups.c.ok_count + rollups.c.error_count),
            func.sum(rollups.c.ttft_count),
            func.min(bucket),
            func.max(bucket),
        )
        .where(rollups.c.grain == DAY, *([] if every else [one_of_given(dialect, key)]))
        .group_by(key)
    )


def largest_tokens(connection: Connection, keys: Collection[int]) -> dict[int, float]:
    """Return the tokens of the largest request of each of some contexts, as sketches tell; NaN when not known."""
    dialect, wanted = connection.dialect.name, np.array(sorted(keys), np.int64)
    best = np.full(len(wanted), np.nan)
    for rows in raw_pages(connection, _tokens(dialect), given(dialect, wanted.tolist()), held=False):
        owners, sketches = zip(*rows, strict=True)
        np.fmax.at(best, np.searchsorted(wanted, np.array(owners, np.int64)), largest(sketches))
    return dict(zip(wanted.tolist(), best.tolist(), strict=True))


@lru_cache
def _tokens(dialect: str) -> Executable:
    key = rollups.c.context_key
    return select(key, rollups.c.tokens).where(rollups.c.grain == DAY, one_of_given(dialect, key))


def first_and_last(connection: Connection, groups: Sequence[Sequence[ContextTotals]]) -> list[tuple[int, int]]:
    """Return when the first and the last request of each of some groups of contexts began.

    In microseconds since 1970. Where the requests of that day are no longer kept, it is the beginning of the day.
    """
    first_days = [min(one.first_day for one in group) for group in groups]
    last_days = [max(one.last_day for one in group) for group in groups]
    starting = [
        (day, [one.context_key for one in group if one.first_day == day])
        for day, group in zip(first_days, groups, strict=True)
    ]
    ending = [
        (day, [one.context_key for one in group if one.last_day == day])
        for day, group in zip(last_days, groups, strict=True)
    ]
    earliest = _extremes(connection, starting, newest=False)
    return list(zip(earliest, _extremes(connection, ending, newest=True), strict=True))


def _extremes(connection: Connection, wanted: Sequence[tuple[int, list[int]]], *, newest: bool) -> list[int]:
    """Return for each day and some contexts when their first request of that day began, or the last."""
    by_day: defaultdict[int, set[int]] = defaultdict(set)
    for day, keys in wanted:
        by_day[day].update(keys)
    began = {day: dict(_ends(connection, day, sorted(keys), newest=newest)) for day, keys in by_day.items()}
    outermost = max if newest else min
    return [
        outermost((began[day][key] for key in keys if key in began[day]), default=day * _DAY_MICROS)
        for day, keys in wanted
    ]


def _ends(connection: Connection, day: int, keys: list[int], *, newest: bool) -> Iterator[tuple[int, int]]:
    """Yield contexts that have requests on a day, each with when the first of them began, or the last."""
    dialect = connection.dialect.name
    asked = given_times(connection, [Edge(day * _DAY_MICROS, (day + 1) * _DAY_MICROS)]) | given(dialect, keys)
    for key, ts in raw_rows(connection, _first_of_each(dialect, newest=newest), asked):
        if ts is not None:
            yield key, ts


@lru_cache
def _first_of_each(dialect: str, *, newest: bool) -> Executable:
    """Return the statement that looks into the index for each context, instead of reading all of a day."""
    each = each_given(dialect)
    found = (
        select(traces.c.ts)
        .where(*began_in(dialect), traces.c.context_key == each.c.value, IS_COUNTED)
        .order_by(traces.c.ts.desc() if newest else traces.c.ts)
        .limit(1)
    )
    return select(each.c.value, found.scalar_subquery())


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
