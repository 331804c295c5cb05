"""Which index leads to the rows of a stretch, and no further than a page of them.

By time, with few contexts, there is one range of (context_key, ts) for each: a page reaches no further than it
would if it had the rows of one context alone, or the first row of each. With many, the index of ts is walked until
enough of them fit.
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
    tuple_,
    union,
)

from controller.store.among import each_of, one_of
from controller.store.schema import traces
from controller.store.schema_queries import contexts
from controller.store.traces.keys import KEY
from controller.store.traces.order import Stretch
from controller.store.traces.wording import by_words

FEW_CONTEXTS = 16  # so many are looked at one by one always, more where they are few of all
MOST_CONTEXTS = {"sqlite": 1_000, "postgresql": 64}  # there, each is a range of every partition
_FEW_OF_ALL = 8  # one in so many
_NEWEST = 4  # contexts that are looked at alone for a whole page
_FEW_OF_STATUS = 100  # requests to one of such a status: what its index is taken to save

_LAST_CONTEXT = select(func.max(contexts.c.context_key))

BY_TS, BY_CONTEXT = "idx_traces_ts", "idx_traces_context"
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
    if index == BY_CONTEXT and rows.contexts is not None and len(rows.contexts) > 1:
        conditions += _until(connection, rows.contexts, conditions, descending=descending, limit=limit)
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
    of_status = BY_STATUS.get(stretch.rows.status or "")
    walked = of_status or BY_TS
    if stretch.rows.contexts is None:
        return walked
    few, known = len(stretch.rows.contexts), _contexts(connection)
    if of_status and few * _FEW_OF_STATUS > known:
        return of_status
    selective = few <= FEW_CONTEXTS or few * _FEW_OF_ALL <= known
    return BY_CONTEXT if selective and few <= MOST_CONTEXTS[connection.dialect.name] else walked


def _contexts(connection: Connection) -> int:
    """Return how many contexts there are, or a little more."""
    return connection.execute(_LAST_CONTEXT).scalar_one() or 0


def _until(
    connection: Connection,
    keys: tuple[int, ...],
    conditions: list[ColumnElement[bool]],
    *,
    descending: bool,
    limit: int,
) -> list[ColumnElement[bool]]:
    """Return the bound of time within which some contexts have enough rows, if there is one."""
    queries = reaches(each_of(connection, keys), conditions, limit - 1, descending=descending)
    found = reach(connection, queries, {}, descending=descending)
    if found is None:
        return []
    end = literal(found, BigInteger)
    return [traces.c.ts >= end if descending else traces.c.ts <= end]


def reaches(
    each: FromClause, conditions: list[ColumnElement[bool]], place: int | BindParameter[int], *, descending: bool
) -> tuple[Select[Any], Select[Any]]:
    """Return a query for bounds of time that contexts have so many rows before, and one for when it finds none."""

    def outermost(times: ColumnElement[int | None]) -> ColumnElement[int | None]:
        return func.max(times) if descending else func.min(times)

    def nth(some: FromClause, place: int | BindParameter[int]) -> ColumnElement[int | None]:
        """Return when the row in a place of the order of a context was started."""
        mine = select(traces.c.ts).where(traces.c.context_key == some.c.value, *conditions)
        mine = mine.order_by(traces.c.ts.desc() if descending else traces.c.ts).limit(1).offset(place)
        return through(mine.correlate(some), BY_CONTEXT).scalar_subquery()

    firsts = select(each.c.value, nth(each, 0).label("ts")).cte("firsts")
    order = firsts.c.ts.desc() if descending else firsts.c.ts
    found = select(firsts).where(firsts.c.ts.is_not(None)).order_by(order)
    newest = found.limit(_NEWEST).subquery()
    # Load comes in runs: the contexts whose first rows come first have most of the page, or all of it.
    of_newest = select(outermost(nth(newest, place))).select_from(newest).scalar_subquery()
    of_all = found.with_only_columns(firsts.c.ts).limit(1).offset(place).scalar_subquery()
    return select(of_newest, of_all), select(outermost(nth(each, place))).select_from(each)


def reach(
    connection: Connection,
    queries: tuple[Select[Any], Select[Any]],
    given: dict[str, Any],
    *,
    descending: bool,
) -> int | None:
    """Return the closest bound that the first of `reaches` finds, or the second; None when there is none."""
    for query in queries:
        bounds = [one for one in connection.execute(query, given).one() if one is not None]
        if bounds:
            return int(max(bounds) if descending else min(bounds))
    return None


def through(query: Select[Any], index: str) -> Select[Any]:
    """Have SQLite, which does not count rows, take an index; PostgreSQL knows by itself."""
    return query.with_hint(traces, f"INDEXED BY {index}", "sqlite")
