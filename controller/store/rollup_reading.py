"""Reading rollups: the contexts that are asked for, and the sums of their requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from sqlalchemy import ColumnElement, Connection, func, or_, select

from controller.query.metrics.question import DimensionFilter, Needs
from controller.query.metrics.rows import Contexts, RollupRows
from controller.query.metrics.spans import Span
from controller.scope import Scope
from controller.store.schema_queries import contexts, rollups
from controller.store.traces.keys import one_of
from loadcell.stats.rollup import HOUR, MINUTE

ROWS_AT_ONCE = 20_000
# Looking up single rows is better than reading all of a time and leaving most of them out, up to this many.
_MOST_LOOK_UPS = 50_000
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


def oldest_kept(connection: Connection) -> dict[int, int]:
    """Return the first bucket that is kept of the grains that go before the requests they are made of."""
    buckets = [select(func.min(rollups.c.bucket)).where(rollups.c.grain == grain) for grain in (MINUTE, HOUR)]
    found = connection.execute(select(*(bucket.scalar_subquery() for bucket in buckets))).one()
    return {grain: bucket for grain, bucket in zip((MINUTE, HOUR), found, strict=True) if bucket is not None}


def read_rollups(connection: Connection, span: Span, of: Contexts, needs: Needs) -> Iterator[RollupRows]:
    """Yield the rollups of a span that belong to some contexts, in no order."""
    if not of.every and not len(of.keys):
        return
    columns = [*_COUNTS, *sorted(needs.columns.difference(_COUNTS))]
    sketches = sorted(needs.sketches)
    classes = ["error_classes"] if needs.classes else []
    question = select(
        rollups.c.bucket, rollups.c.context_key, *(rollups.c[name] for name in (*columns, *sketches, *classes))
    ).where(*where_rollups(connection, span, of))
    found = connection.execute(question, execution_options={"yield_per": ROWS_AT_ONCE})
    for rows in found.partitions():
        bucket, context, *values = zip(*rows, strict=True)
        named = dict(zip([*columns, *sketches, *classes], values, strict=True))
        yield RollupRows(
            seconds=span.grain,
            start=np.array(bucket, np.int64) * (span.grain * 1_000_000),
            context=np.array(context, np.int64),
            columns={name: np.array(named[name], np.int64) for name in columns},
            sketches={name: named[name] for name in sketches},
            classes=named["error_classes"] if classes else (),
        )


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
