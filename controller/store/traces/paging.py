"""Pages by time of all requests, or of those with some contexts or a status: what is asked for most.

Their statements are built once: building one takes several times as long as carrying it out.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    select,
    tuple_,
)

from controller.store.among import FIRST_RUN, LAST_RUN, each_given, given, one_of_given
from controller.store.raw_rows import Rows, raw_rows
from controller.store.schema import traces
from controller.store.traces.columns import STATUSES
from controller.store.traces.keys import KEY
from controller.store.traces.order import BY_TIME, Stretch
from controller.store.traces.reading import SORT_VALUE, Reader
from controller.store.traces.walking import index_of, leads_by_context, of_each, reach, through

_REMEMBERED = 256  # statements
_ORDER = (SORT_VALUE, *(column.name for column in BY_TIME[1:]))


class _Shape(NamedTuple):
    """What tells statements apart. `led_by` is an index; `contexts` is how many there are, 2 for several."""

    dialect: str
    led_by: str
    descending: bool
    status: str | None
    contexts: int
    goes_on: bool


def is_plain(stretch: Stretch) -> bool:
    """Whether no more is asked of the requests of a stretch than their time, contexts and status."""
    rows = stretch.rows
    return stretch.by_time and not (rows.conditions or rows.words or rows.ways or rows.identified)


def plain_page(connection: Connection, stretch: Stretch, reader: Reader, *, descending: bool, limit: int) -> Rows:
    """Return the first `limit` rows of a stretch that is plain, in order."""
    rows, after = stretch.rows, stretch.after
    contexts = rows.contexts or ()
    index = index_of(connection, stretch)
    shape = _Shape(
        connection.dialect.name, index, descending, rows.status, min(len(contexts), 2), after is not None
    )
    values = {"limit": limit, "place": limit - 1, FIRST_RUN: rows.runs.first, LAST_RUN: rows.runs.last}
    values |= {f"after_{place}": number for place, number in enumerate(after or ())}
    values |= {"context": contexts[0]} if len(contexts) == 1 else given(shape.dialect, contexts)
    first, last = rows.times
    if after is not None:
        # The first column alone bounds the range of an index.
        first, last = (first, min(last, after[0])) if descending else (max(first, after[0]), last)
    if shape.contexts > 1 and leads_by_context(index) and shape.dialect == "sqlite":
        ((end,),) = raw_rows(connection, _reach(shape), values | _times(first, last))
        if end is not None:
            first, last = (end, last) if descending else (first, end)
    return raw_rows(connection, _page(reader, shape), values | _times(first, last))


def _times(first: int, last: int) -> dict[str, int]:
    return {"first": first, "last": last}


@lru_cache(maxsize=_REMEMBERED)
def _page(reader: Reader, shape: _Shape) -> Select[Any]:
    # An index of SQLite has the keys as well: rows that are sorted out, or sorted, need not be read for them.
    keys = shape.dialect == "sqlite"
    wanted = select(*KEY) if keys else reader.query()
    query = wanted.add_columns(traces.c.ts.label(SORT_VALUE)).where(*_conditions(shape))
    if shape.contexts > 1 and leads_by_context(shape.led_by) and not keys:
        query = of_each(query, each_given(shape.dialect), _number("limit"), descending=shape.descending)
    else:
        if shape.contexts:
            key = traces.c.context_key
            alone = shape.contexts == 1
            query = query.where(key == _number("context") if alone else one_of_given(shape.dialect, key))
        query = query.order_by(*(column.desc() if shape.descending else column.asc() for column in BY_TIME))
        query = through(query.limit(_number("limit")), shape.led_by)
    return reader.joined(query, tuple((name, shape.descending) for name in _ORDER), keys=keys)


@lru_cache(maxsize=_REMEMBERED)
def _reach(shape: _Shape) -> Select[Any]:
    each, place = each_given(shape.dialect), _number("place")
    return reach(each, _conditions(shape), place, index=shape.led_by, descending=shape.descending)


def _conditions(shape: _Shape) -> list[ColumnElement[bool]]:
    """Return all conditions but those on contexts."""
    found = [traces.c.ts >= _number("first"), traces.c.ts <= _number("last")]
    if shape.dialect != "sqlite":  # which has no partitions to leave out
        found += [traces.c.run_key >= _number(FIRST_RUN), traces.c.run_key <= _number(LAST_RUN)]
    if shape.status is not None:
        found.append(STATUSES[shape.status])
    if shape.goes_on:
        columns, end = tuple_(*BY_TIME), tuple_(*(_number(f"after_{place}") for place in range(len(BY_TIME))))
        found.append(columns < end if shape.descending else columns > end)
    return found


def _number(name: str) -> BindParameter[int]:
    return bindparam(name, type_=BigInteger)
