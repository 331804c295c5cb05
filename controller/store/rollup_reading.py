"""Reading rollups: the contexts that are asked for, and the sums of their requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Select,
    bindparam,
    func,
    not_,
    or_,
    select,
    union_all,
)

from controller.query.metrics.question import DimensionFilter, Needs
from controller.query.metrics.rows import Contexts, RollupRows
from controller.query.metrics.spans import Span
from controller.scope import Scope
from controller.store.among import given, one_of_given, one_of_given_texts
from controller.store.raw_rows import raw_pages, raw_rows
from controller.store.schema_queries import contexts, rollups
from loadcell.stats.rollup import HOUR, MINUTE

_ROWS_HELD = 300_000
_REMEMBERED = 256  # statements
_NEVER = 2**62  # after every bucket
_COUNTS = ("ok_count", "error_count")
# What is added up here, so that it is one number to read.
_ADDED = {
    "cost_sum": rollups.c.prompt_cost + rollups.c.completion_cost,
    "token_sum": rollups.c.prompt_tokens + rollups.c.completion_tokens,
}
# Looking up single rows is better than reading all of a time and leaving most of them out, where at most one
# context in so many is asked for, and up to so many look-ups.
_SPARSE, _MOST_LOOK_UPS = 64, 50_000


def read_contexts(
    connection: Connection, scope: Scope, filters: Iterable[DimensionFilter], dimensions: Iterable[str]
) -> Contexts:
    """Return the contexts in a scope that meet all filters, with their values in some dimensions."""
    filters, names = tuple(filters), tuple(dict.fromkeys(dimensions))
    every = not filters and scope.projects is None
    if every and not names:
        return Contexts(np.zeros(0, np.int64), {}, every=True)
    dialect, asked = connection.dialect.name, dict[str, Any]()
    for place, one in enumerate(filters):
        asked |= given(dialect, one.values, f"values_{place}")
    if scope.projects is not None:
        asked |= given(dialect, scope.projects, "projects")
    kinds = tuple((one.dimension, one.negated) for one in filters)
    found = raw_rows(connection, _contexts(dialect, names, kinds, scoped=scope.projects is not None), asked)
    columns = list(zip(*found, strict=True)) or [()] * (len(names) + 1)
    return Contexts(np.array(columns[0], np.int64), dict(zip(names, columns[1:], strict=True)), every=every)


@lru_cache(maxsize=_REMEMBERED)
def _contexts(
    dialect: str, names: tuple[str, ...], kinds: tuple[tuple[str, bool], ...], *, scoped: bool
) -> Select[Any]:
    """Return the statement that finds contexts, which is given what their values are one of."""
    conditions = [
        _condition(dialect, contexts.c[dimension], f"values_{place}", negated=negated)
        for place, (dimension, negated) in enumerate(kinds)
    ]
    if scoped:
        conditions.append(one_of_given_texts(dialect, contexts.c.project_id, "projects"))
    return (
        select(contexts.c.context_key, *(contexts.c[name] for name in names))
        .where(*conditions)
        .order_by(contexts.c.context_key)
    )


def _condition(dialect: str, column: ColumnElement[Any], values: str, *, negated: bool) -> ColumnElement[bool]:
    among_values = one_of_given_texts(dialect, column, values)
    # What has no value is not one of some values.
    return or_(not_(among_values), column.is_(None)) if negated else among_values


@dataclass(frozen=True, slots=True)
class Extent:
    """What there is: the first bucket kept of the grains that go before requests do, and how many contexts.

    Of a grain without any bucket that is one after all there can be.
    """

    oldest: Mapping[int, int]
    contexts: int


_FIRSTS = [select(func.min(rollups.c.bucket)).where(rollups.c.grain == grain) for grain in (MINUTE, HOUR)]
_EXTENT = select(*(one.scalar_subquery() for one in (*_FIRSTS, select(func.max(contexts.c.context_key)))))


def read_extent(connection: Connection) -> Extent:
    """Return what there is, the number of contexts being the most there can be."""
    *found, last = raw_rows(connection, _EXTENT)[0]
    oldest = {
        grain: _NEVER if bucket is None else bucket for grain, bucket in zip((MINUTE, HOUR), found, strict=True)
    }
    return Extent(oldest, last or 0)


def read_rollups(
    connection: Connection, spans: Sequence[Span], of: Contexts, needs: Needs, extent: Extent
) -> Iterator[RollupRows]:
    """Yield the rollups of spans that belong to some contexts, in no order."""
    if not spans or (not of.every and not len(of.keys)):
        return
    columns = [*_COUNTS, *sorted(needs.columns.difference(_COUNTS))]
    sketches = sorted(needs.sketches)
    classes = ["error_classes"] if needs.classes else []
    names = ("grain", "bucket", "context_key", *columns, *sketches, *classes)
    contexts_read = extent.contexts if of.every else len(of.keys)
    buckets = sum(span.end - span.first for span in spans)
    looks_up = _SPARSE * contexts_read <= extent.contexts and buckets * contexts_read <= _MOST_LOOK_UPS
    dialect, how = connection.dialect.name, _How(every=of.every, looks_up=looks_up)
    # One statement: each has its price.
    statement, asked = _statement(dialect, names, len(spans), how), _parameters(dialect, spans, of, how)
    for rows in raw_pages(connection, statement, asked, held=buckets * contexts_read <= _ROWS_HELD):
        grain, bucket, context, *values = zip(*rows, strict=True)
        named = dict(zip([*columns, *sketches, *classes], values, strict=True))
        seconds = np.array(grain, np.int64)
        yield RollupRows(
            seconds=seconds,
            start=np.array(bucket, np.int64) * (seconds * 1_000_000),
            context=np.array(context, np.int64),
            columns={name: np.array(named[name], np.int64) for name in columns},
            sketches={name: named[name] for name in sketches},
            classes=named["error_classes"] if classes else (),
        )


@dataclass(frozen=True, slots=True)
class _How:
    """How rollups are found: those of every context, or of some, which may be looked up."""

    every: bool
    looks_up: bool


@lru_cache(maxsize=_REMEMBERED)
def _statement(dialect: str, names: tuple[str, ...], spans: int, how: _How) -> Executable:
    """Return the statement that reads columns of the rollups of some spans, such that their key is used."""
    bucket, contexts_asked = rollups.c.bucket, [] if how.every else [one_of_given(dialect, rollups.c.context_key)]

    def in_span(place: int) -> list[ColumnElement[bool]]:
        if how.looks_up:
            return [one_of_given(dialect, bucket, f"buckets_{place}")]
        return [bucket >= bindparam(f"first_{place}"), bucket < bindparam(f"end_{place}")]

    parts = [
        select(*(_ADDED[name] if name in _ADDED else rollups.c[name] for name in names)).where(
            rollups.c.grain == bindparam(f"grain_{place}"), *in_span(place), *contexts_asked
        )
        for place in range(spans)
    ]
    return union_all(*parts) if spans > 1 else parts[0]


def _parameters(dialect: str, spans: Sequence[Span], of: Contexts, how: _How) -> dict[str, Any]:
    asked = {} if how.every else given(dialect, of.keys.tolist())
    for place, span in enumerate(spans):
        asked[f"grain_{place}"] = span.grain
        if how.looks_up:
            asked |= given(dialect, range(span.first, span.end), f"buckets_{place}")
        else:
            asked |= {f"first_{place}": span.first, f"end_{place}": span.end}
    return asked
