"""The way to requests by their words: the index of words has texts in the order of time.

So the last texts with some words are read and hardly any others, however many have them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    false,
    literal,
    select,
    true,
    tuple_,
)

from controller.query.traces.bounds import Bounds
from controller.store.among import among_rows, one_of
from controller.store.full_text import INDEX, START_BITS, holds, matching, of_numbers
from controller.store.schema import benchmark_runs, traces
from controller.store.schema_texts import numbers, words
from controller.store.traces.keys import KEY, in_trace_order
from controller.store.traces.order import Stretch
from controller.trace_ids import RequestKey

MOST_RUNS = 1_000  # that are named one by one
_MOST = (1 << 63 - START_BITS) - 2  # of a start that has a number


@dataclass(frozen=True, slots=True)
class _Asked:
    """Requests that were started within `times`, for which an expression of words and conditions hold."""

    words: str
    times: Bounds
    conditions: tuple[ColumnElement[bool], ...]


def by_words(
    connection: Connection, query: Select[Any], stretch: Stretch, expression: str, *, descending: bool, limit: int
) -> Select[Any]:
    """Return a query for at least the first `limit` rows of a stretch for which an expression of words holds."""
    asked = _asked(connection, stretch, expression, descending=descending)
    found = _in_sqlite if connection.dialect.name == "sqlite" else _in_postgresql
    # No index that only has the order must lead to these few.
    order = [stretch.columns[0] + 0, *stretch.columns[1:]]
    query = query.order_by(None).order_by(*(column.desc() if descending else column.asc() for column in order))
    return query.where(found(connection, asked, stretch, descending, limit), *asked.conditions)


def _asked(connection: Connection, stretch: Stretch, expression: str, *, descending: bool) -> _Asked:
    conditions = [*stretch.rows.where(), *stretch.behind(descending=descending)]
    if stretch.rows.contexts is not None:
        # An expression, for which there is no index: that of words leads to few.
        conditions.append(one_of(connection, traces.c.context_key + 0, stretch.rows.contexts))
    asked = _Asked(expression, stretch.rows.times, tuple(conditions))
    if stretch.by_time and stretch.after is not None:
        return _behind(asked, stretch.after[0], descending=not descending)
    return asked


def _in_sqlite(
    connection: Connection, asked: _Asked, stretch: Stretch, descending: bool, limit: int
) -> ColumnElement[bool]:
    """Return the condition that the text of a request is among those that match, or the first of them."""
    if stretch.by_time:
        end = _end_in_sqlite(connection, asked, descending, limit)
        if end is not None:
            asked = _behind(asked, end, descending=descending)
    return of_numbers(_numbers(asked))


def first_with_words(
    connection: Connection, stretch: Stretch, expression: str, *, descending: bool, limit: int
) -> list[tuple[int, ...]]:
    """Return the keys of the first `limit` rows by time for which an expression of words holds, in order.

    In PostgreSQL. Behind each key stands when the request was started.
    """
    asked = _asked(connection, stretch, expression, descending=descending)
    found = [tuple(row) for row in connection.execute(_first(connection, asked, stretch, descending, limit))]
    return sorted(found, key=in_order, reverse=descending)[:limit]


def in_order(row: tuple[int, ...]) -> tuple[int, ...]:
    """Return what keys with times behind them are in the order of: the numbers of `BY_TIME`."""
    *key, start = row
    return (start, *in_trace_order(RequestKey(*key)))


def _in_postgresql(
    connection: Connection, asked: _Asked, stretch: Stretch, descending: bool, limit: int
) -> ColumnElement[bool]:
    """Return the condition that a request is among those that match, or the first of them."""
    if not stretch.by_time:
        return tuple_(*KEY).in_(_keys(connection, asked, stretch))
    # While a run is deleted, words are there longer than their requests: these are looked up in any case.
    asked = replace(asked, conditions=asked.conditions or (true(),))
    # Named one by one, for the planner to see how few they are, and in which partitions.
    found = [tuple(key) for *key, _ in connection.execute(_first(connection, asked, stretch, descending, limit))]
    if not found:
        return false()
    return and_(traces.c.run_key.in_({run_key for run_key, *_ in found}), among_rows(KEY, found))


def _first(connection: Connection, asked: _Asked, stretch: Stretch, descending: bool, limit: int) -> Select[Any]:
    """Return a query of PostgreSQL for the keys and times of the first that match, more where times are equal."""
    keys = _keys(connection, asked, stretch).add_columns(words.c.ts)
    return keys.order_by(words.c.ts.desc() if descending else words.c.ts).fetch(limit, with_ties=True)


def _keys(connection: Connection, asked: _Asked, stretch: Stretch) -> Select[Any]:
    keys = select(*(words.c[column.name] for column in KEY)).where(*_matches(asked))
    if stretch.rows.contexts is None:
        return keys
    runs = select(benchmark_runs.c.run_key).where(
        one_of(connection, benchmark_runs.c.context_key, stretch.rows.contexts)
    )
    of_contexts = connection.execute(runs.limit(MOST_RUNS + 1)).scalars().all()
    # These are in few partitions.
    return keys if len(of_contexts) > MOST_RUNS else keys.where(one_of(connection, words.c.run_key, of_contexts))


def _behind(asked: _Asked, start: int, *, descending: bool) -> _Asked:
    """Return what is asked from a time on, or up to it."""
    first, last = asked.times
    return replace(asked, times=Bounds(max(first, start), last) if descending else Bounds(first, min(last, start)))


def _end_in_sqlite(connection: Connection, asked: _Asked, descending: bool, limit: int) -> int | None:
    """Return when the last of the first `limit` requests was started, None when there are fewer."""
    mine = exists().where(
        numbers.c.text_key == INDEX.c.rowid,
        *(numbers.c[column.name] == column for column in KEY),
        *asked.conditions,
    )
    texts = _numbers(asked).where(mine.correlate(INDEX))
    texts = texts.order_by(INDEX.c.rowid.desc() if descending else INDEX.c.rowid).offset(limit - 1).limit(1)
    number = connection.execute(texts).scalar_one_or_none()
    return None if number is None else int(number) >> START_BITS


def _numbers(asked: _Asked) -> Select[Any]:
    first, last = (max(-_MOST, min(_MOST, time)) for time in asked.times)
    return matching(asked.words).where(
        INDEX.c.rowid >= first << START_BITS, INDEX.c.rowid < last + 1 << START_BITS
    )


def _matches(asked: _Asked) -> list[ColumnElement[bool]]:
    first, last = (literal(time, BigInteger) for time in asked.times)
    found = [words.c.ts >= first, words.c.ts <= last, holds(asked.words)]
    if asked.conditions:
        # As a value, not as a join: it is looked up for the texts that match and for no others.
        mine = select(true()).where(*(words.c[column.name] == column for column in KEY), *asked.conditions)
        found.append(mine.correlate(words).scalar_subquery().is_(true()))
    return found
