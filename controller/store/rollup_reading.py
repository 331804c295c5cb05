"""Reading rollups: the contexts that are asked for, and the sums of their requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Executable, Row, func, or_, select, union_all

from controller.query.metrics.question import DimensionFilter, Needs
from controller.query.metrics.rows import Contexts, RollupRows
from controller.query.metrics.spans import Span
from controller.scope import Scope
from controller.store.among import one_of
from controller.store.schema_queries import contexts, rollups
from loadcell.stats.rollup import HOUR, MINUTE

ROWS_AT_ONCE, ROWS_HELD = 20_000, 100_000
# Looking up single rows is better than reading all of a time and leaving most of them out, up to this many.
_MOST_LOOK_UPS = 50_000
_NEVER = 2**62  # after every bucket
_COUNTS = ("ok_count", "error_count")


def read_contexts(
    connection: Connection, scope: Scope, filters: Iterable[DimensionFilter], dimensions: Iterable[str]
) -> Contexts:
    """Return the contexts in a scope that meet all filters, with their values in some dimensions."""
    conditions = [_condition(one) for one in filters]
    if scope.projects is not None:
        conditions.append(contexts.c.project_id.in_(sorted(scope.projects)))
    names = list(dict.fromkeys(dimensions))
    if not conditions and not names:
        return Contexts(np.zeros(0, np.int64), {}, every=True)
    found = connection.execute(
        select(contexts.c.context_key, *(contexts.c[name] for name in names))
        .where(*conditions)
        .order_by(contexts.c.context_key)
    ).all()
    columns = list(zip(*found, strict=True)) or [()] * (len(names) + 1)
    return Contexts(
        np.array(columns[0], np.int64), dict(zip(names, columns[1:], strict=True)), every=not conditions
    )


def _condition(asked: DimensionFilter) -> ColumnElement[bool]:
    column = contexts.c[asked.dimension]
    if asked.negated:
        # What has no value is not one of some values.
        return or_(column.not_in(asked.values), column.is_(None))
    return column.in_(asked.values)


@dataclass(frozen=True, slots=True)
class Extent:
    """What there is: the first bucket kept of the grains that go before requests do, and how many contexts.

    Of a grain without any bucket that is one after all there can be.
    """

    oldest: Mapping[int, int]
    contexts: int


def read_extent(connection: Connection) -> Extent:
    """Return what there is, the number of contexts being the most there can be."""
    firsts = [select(func.min(rollups.c.bucket)).where(rollups.c.grain == grain) for grain in (MINUTE, HOUR)]
    newest = select(func.max(contexts.c.context_key))
    *found, last = connection.execute(select(*(one.scalar_subquery() for one in (*firsts, newest)))).one()
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
    # One statement: each has its price.
    parts = [
        select(*(rollups.c[name] for name in names)).where(*where_rollups(connection, span, of)) for span in spans
    ]
    question = union_all(*parts) if len(parts) > 1 else parts[0]
    most = sum(span.end - span.first for span in spans) * (extent.contexts if of.every else len(of.keys))
    for rows in _pages(connection, question, most):
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


def _pages(connection: Connection, question: Executable, most: int) -> Iterator[Sequence[Row[Any]]]:
    """Yield the rows, at once where there are not too many to hold: a cursor costs PostgreSQL three calls more."""
    if most <= ROWS_HELD:
        rows = connection.execute(question).all()
        if rows:
            yield rows
        return
    found = connection.execute(question, execution_options={"yield_per": ROWS_AT_ONCE})
    yield from found.partitions()


def where_rollups(connection: Connection, span: Span, of: Contexts) -> list[ColumnElement[bool]]:
    """Return the condition that a rollup is of a span and of some contexts, such that its key is used."""
    grain, bucket = rollups.c.grain == span.grain, rollups.c.bucket
    whole = [grain, bucket >= span.first, bucket < span.end]
    if of.every:
        return whole
    mine = one_of(connection, rollups.c.context_key, of.keys.tolist())
    if (span.end - span.first) * len(of.keys) <= _MOST_LOOK_UPS:
        return [grain, one_of(connection, bucket, range(span.first, span.end)), mine]
    return [*whole, mine]
