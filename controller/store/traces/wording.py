"""The way to requests by their words in SQLite, whose index has texts in the order of time.

So the last texts with some words are read and no others, however many have them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, exists

from controller.query.traces.bounds import Bounds
from controller.store.full_text import INDEX, START_BITS, matching, of_numbers
from controller.store.schema import traces
from controller.store.schema_texts import numbers
from controller.store.traces.keys import KEY, one_of
from controller.store.traces.order import Stretch


def by_words(
    connection: Connection, query: Select[Any], stretch: Stretch, words: str, *, descending: bool, limit: int
) -> Select[Any]:
    """Return a query for at least the first `limit` rows of a stretch that match an expression of FTS5."""
    rows = stretch.rows
    conditions = [*rows.conditions, *stretch.behind(descending=descending)]
    if rows.contexts is not None:
        # An expression, for which there is no index: that of words leads to few.
        conditions.append(one_of(connection, traces.c.context_key + 0, rows.contexts))
    times = rows.times
    if stretch.by_time:
        if stretch.after is not None:
            start = stretch.after[0]
            times = (
                Bounds(times.first, min(times.last, start))
                if descending
                else Bounds(max(times.first, start), times.last)
            )
        mine = exists().where(
            numbers.c.text_key == INDEX.c.rowid, *(numbers.c[column.name] == column for column in KEY), *conditions
        )
        order = INDEX.c.rowid.desc() if descending else INDEX.c.rowid
        texts = _texts(words, times).where(mine.correlate(INDEX)).order_by(order).offset(limit - 1).limit(1)
        end = connection.execute(texts).scalar_one_or_none()
        if end is not None:
            start = end >> START_BITS
            times = Bounds(start, times.last) if descending else Bounds(times.first, start)
    return query.where(of_numbers(_texts(words, times)), *conditions)


def _texts(words: str, times: Bounds) -> Select[Any]:
    """Return the query for the numbers of texts of requests that were started within bounds."""
    first, last = (max(-_MOST, min(_MOST, time)) for time in times)
    return matching(words).where(INDEX.c.rowid >= first << START_BITS, INDEX.c.rowid < last + 1 << START_BITS)


_MOST = (1 << 63 - START_BITS) - 2  # of a start that has a number
