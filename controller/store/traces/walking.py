"""Which index leads to the rows of a stretch, and no further than a page of them.

By time, with few contexts, there is one range of (context_key, ts) for each: a page reaches no further than it
would if it had the rows of one context alone. With many, the index of ts is walked until enough of them fit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    func,
    literal,
    select,
    true,
    tuple_,
    union,
)

from controller.store.among import each_of, one_of
from controller.store.raw_rows import raw_rows
from controller.store.schema import traces
from controller.store.schema_queries import contexts
from controller.store.traces.keys import KEY, TRACE_ORDER
from controller.store.traces.order import Stretch
from controller.store.traces.wording import by_words

FEW_CONTEXTS = 16  # so many are looked at one by one always, more where they are few of all
MOST_CONTEXTS = {"sqlite": 1_000, "postgresql": 64}  # there, each is a range of several partitions
_FEW_OF_ALL = 8  # one in so many
_FEW_OF_STATUS = 100  # requests to one of such a status: what its index is taken to save

_AT = "at"  # when a row was started, of rows that may not have it

_LAST_CONTEXT = select(func.max(contexts.c.context_key))

BY_TS, BY_CONTEXT, BY_FAILED_CONTEXT = "idx_traces_ts", "idx_traces_context", "idx_traces_context_errors"
BY_STATUS = {"ERROR": "idx_traces_errors", "UNSET": "idx_traces_unset"}  # of the few that did not end well


def located(
    connection: Connection, query: Select[Any], stretch: Stretch, *, descending: bool, limit: int
) -> Select[Any]:
    """Return a query for the first `limit` rows of a stretch, in order, by the index that leads to them."""
    if stretch.rows.ways:
        return _by_ways(connection, query, stretch, descending=descending, limit=limit)
    rows, (first, *others) = stretch.rows, stretch.columns
    # What names single requests leads to them; an index that has the order only would not.
    order = [first + 0 if rows.identified else first, *others]
    query = query.order_by(*(column.desc() if descending else column.asc() for column in order))
    if rows.words is not None:
        return by_words(connection, query, stretch, rows.words, descending=descending, limit=limit)
    conditions = [*rows.where(), *stretch.behind(descending=descending)]
    of_contexts = [] if rows.contexts is None else [one_of(connection, traces.c.context_key, rows.contexts)]
    if not stretch.by_time or rows.identified:
        return query.where(*conditions, *of_contexts)
    index = index_of(connection, stretch)
    if leads_by_context(index) and rows.contexts is not None and len(rows.contexts) > 1:
        if connection.dialect.name != "sqlite":
            each = each_of(connection, rows.contexts)
            return of_each(query.where(*conditions), each, limit, descending=descending)
        conditions += _until(
            connection, rows.contexts, conditions, index=index, descending=descending, limit=limit
        )
    return through(query, index).where(*conditions, *of_contexts)


def _by_ways(
    connection: Connection, query: Select[Any], stretch: Stretch, *, descending: bool, limit: int
) -> Select[Any]:
    """Return a query for the first `limit` rows of a stretch, which are among the first of one way or another."""
    found = []
    for way in stretch.rows.ways:
        mine = replace(stretch, rows=stretch.rows.by(connection, way))
        keys = located(connection, select(*KEY), mine, descending=descending, limit=limit).limit(limit)
        found.append(select(*keys.subquery().c))
    first, *others = stretch.columns
    order = [first + 0, *others]  # no index that only has the order must lead to these few
    query = query.order_by(*(column.desc() if descending else column.asc() for column in order))
    # SQLite looks up the keys of a table one by one, and not those of a union.
    return query.where(tuple_(*KEY).in_(select(*union(*found).subquery().c)))


def index_of(connection: Connection, stretch: Stretch) -> str:
    """Return the index that leads to the rows of a stretch by time."""
    rows = stretch.rows
    walked = BY_STATUS.get(rows.status or "", BY_TS)
    if rows.contexts is None:
        return walked
    few = len(rows.contexts)
    if rows.status == "UNSET" and few * _FEW_OF_STATUS > _contexts(connection):
        return walked
    of_contexts = BY_FAILED_CONTEXT if rows.status == "ERROR" else BY_CONTEXT
    return of_contexts if few <= FEW_CONTEXTS or _are_few(connection, few) else walked


def leads_by_context(index: str) -> bool:
    """Whether an index has the requests of each context in the order of time."""
    return index in (BY_CONTEXT, BY_FAILED_CONTEXT)


def _are_few(connection: Connection, count: int) -> bool:
    if count > MOST_CONTEXTS[connection.dialect.name]:
        return False
    return connection.dialect.name != "sqlite" or count * _FEW_OF_ALL <= _contexts(connection)


def _contexts(connection: Connection) -> int:
    """Return how many contexts there are, or a little more."""
    ((last,),) = raw_rows(connection, _LAST_CONTEXT)
    return last or 0


def _until(
    connection: Connection,
    keys: tuple[int, ...],
    conditions: list[ColumnElement[bool]],
    *,
    index: str,
    descending: bool,
    limit: int,
) -> list[ColumnElement[bool]]:
    """Return the bound of time within which some contexts have enough rows, if there is one."""
    query = reach(each_of(connection, keys), conditions, limit - 1, index=index, descending=descending)
    end: int | None = connection.execute(query).scalar_one()
    if end is None:
        return []
    bound = literal(end, BigInteger)
    return [traces.c.ts >= bound if descending else traces.c.ts <= bound]


def reach(
    each: FromClause,
    conditions: list[ColumnElement[bool]],
    place: int | BindParameter[int],
    *,
    index: str,
    descending: bool,
) -> Select[Any]:
    """Return a query for the closest time that one of some contexts has so many rows before, if there is one.

    The rows of each are in the order of an index.
    """
    mine = select(traces.c.ts).where(traces.c.context_key == each.c.value, *conditions)
    mine = mine.order_by(traces.c.ts.desc() if descending else traces.c.ts).limit(1).offset(place)
    found = through(mine.correlate(each), index).scalar_subquery()
    return select(func.max(found) if descending else func.min(found)).select_from(each)


def of_each(
    query: Select[Any], each: FromClause, limit: int | BindParameter[int], *, descending: bool
) -> Select[Any]:
    """Return a query of PostgreSQL for the first rows by time that another finds in one of some contexts.

    It looks for a page of each: there is no telling how many rows some contexts have together.
    """
    order = [traces.c.ts, *TRACE_ORDER]
    mine = query.where(traces.c.context_key == each.c.value).add_columns(traces.c.ts.label(_AT)).order_by(None)
    mine = mine.order_by(*(column.desc() if descending else column.asc() for column in order)).limit(limit)
    found = mine.correlate(each).lateral("mine")
    wanted = select(*(column for column in found.c if column.name != _AT)).select_from(each.join(found, true()))
    ordered = [found.c[_AT], *(found.c[column.name] for column in TRACE_ORDER)]
    return wanted.order_by(*(column.desc() if descending else column.asc() for column in ordered)).limit(limit)


def through(query: Select[Any], index: str) -> Select[Any]:
    """Have SQLite, which does not count rows, take an index; PostgreSQL knows by itself."""
    return query.with_hint(traces, f"INDEXED BY {index}", "sqlite")
