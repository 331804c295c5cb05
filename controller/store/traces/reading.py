"""From rows to traces, reading no column and joining no table that is not asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnClause,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    and_,
    bindparam,
    case,
    column,
    select,
    table,
)

from controller.query.traces.fields import FIELDS
from controller.query.traces.record import Record
from controller.query.traces.selection import Selected
from controller.store.among import FIRST_RUN, LAST_RUN
from controller.store.raw_rows import Rows
from controller.store.schema import benchmark_runs, leases, trace_errors, traces
from controller.store.texts import read_texts
from controller.store.traces.context_fields import CONTEXT_FIELDS, context_fields
from controller.store.traces.keys import KEY
from controller.store.traces.objects import run_objects
from controller.store.traces.readings import READINGS, Reading
from controller.trace_ids import RequestKey
from loadcell.redaction import is_redacted
from loadcell.stats.columns import OK

_PAGE = "page"
SORT_VALUE = "sort_value"  # name of what a list is sorted by, if that is no column
RUNS = "runs"  # a parameter: no row is of another one
ALWAYS = ("ts", "trace_id", "span_id")
TEXTS = ("input_text", "output_text", "redacted")

_SHARED: tuple[tuple[Table, str], ...] = (
    (benchmark_runs, "run_key"),
    (leases, "lease_key"),
)
_OF_MANY = {table for table, _ in _SHARED}

_Placed: TypeAlias = tuple[str, Callable[..., Iterable[Any]], list[int]]

_REMEMBERED_READERS = 64


@lru_cache(maxsize=_REMEMBERED_READERS)
def reader_of(fields: tuple[Selected, ...], include: tuple[str, ...]) -> Reader:
    """Return the reader of traces with `fields`, or all, and what is to go with them."""
    return Reader(fields, include)


class Reader:
    """Reads traces with `fields`, or all, and what is to go with them; it has nothing of a single question.

    The columns of its rows are those of `traces` that are needed, those of what they share, the message, others.
    """

    def __init__(self, fields: Sequence[Selected], include: Iterable[str] = ()) -> None:
        chosen = {*ALWAYS, *(selected.field.name for selected in fields)} if fields else set(FIELDS)
        names = chosen | {name for name in include if name == "evaluations"}
        self._keys: dict[str, set[str]] = {}
        for selected in fields:
            if selected.key is not None:
                self._keys.setdefault(selected.field.name, set()).add(selected.key)
        self._of_contexts = names & CONTEXT_FIELDS
        readings = {name: reading for name, reading in READINGS.items() if name in names - CONTEXT_FIELDS}
        self._texts = [name for name in TEXTS if name in names]
        needed = {column for reading in readings.values() for column in reading.columns}
        if self._texts:
            needed.add(benchmark_runs.c.config)  # it says whether there are any
        self._joins = [(table, key) for table, key in _SHARED if any(column.table is table for column in needed)]
        self._owners = [traces.c[key] for _, key in self._joins]
        if self._of_contexts:
            self._owners.append(traces.c.context_key)  # the last one
        own = needed.union(KEY, [traces.c.ts], self._owners)
        self._messages = [trace_errors.c.message] if trace_errors.c.message in needed else []
        if self._messages:
            own.add(traces.c.status)
        self._own = [column for column in traces.c if column in own]
        self._shared = [column for table, _ in self._joins for column in table.c if column in needed]
        self._query = select(*self._own)
        self._around: dict[tuple[tuple[tuple[str, bool], ...], bool, bool], Select[Any]] = {}
        self._places = {column: place for place, column in enumerate([*self._own, *self._shared, *self._messages])}
        self._of_shared = self._placed(readings, shared=True)
        self._of_own = self._placed(readings, shared=False)

    def query(self, *others: ColumnElement[Any]) -> Select[Any]:
        """Return the query for the columns of `traces` that are needed, and others."""
        return self._query.add_columns(*others) if others else self._query

    def joined(
        self,
        query: Select[Any],
        order: tuple[tuple[str, bool], ...] = (),
        *,
        keys: bool = False,
        runs_named: bool = False,
    ) -> Select[Any]:
        """Return the query for the few rows of another with what belongs to them, in the order of columns.

        Each column of the order is descending or not; the first may be SORT_VALUE, which then is in the rows.
        `keys`: the other query has the keys of the rows, and SORT_VALUE, but none of their other columns.
        It is to be given FIRST_RUN and LAST_RUN, or, with `runs_named`, RUNS.
        """
        if not self._joins and not self._messages and not keys:
            return query
        # All but the page itself is the same for every question: made once, it also is compared fast with what
        # was compiled.
        shape = order, keys, runs_named
        if shape not in self._around:
            self._around[shape] = self._outer(order, keys=keys, runs_named=runs_named)
        return self._around[shape].add_cte(query.cte(_PAGE))

    def _outer(self, order: tuple[tuple[str, bool], ...], *, keys: bool, runs_named: bool) -> Select[Any]:
        """Return the query around the one of a page."""
        others: list[ColumnClause[Any]] = [column(name) for name, _ in order if name == SORT_VALUE]
        on_page = KEY if keys else self._own
        page = table(_PAGE, *(column(one.name, one.type) for one in on_page), *others)
        rows: FromClause = traces if keys else page
        joined = page.join(traces, and_(*(page.c[one.name] == one for one in KEY))) if keys else rows
        for shared, key in self._joins:
            joined = joined.outerjoin(shared, shared.c[key] == rows.c[key])
        own = (rows.c[one.name] for one in self._own)
        messages = (_message_of(rows, runs_named=runs_named) for _ in self._messages)
        columns = [*own, *self._shared, *messages, *(page.c[one.name] for one in others)]
        ordered = [page.c[name].desc() if descending else page.c[name].asc() for name, descending in order]
        return select(*columns).select_from(joined).order_by(*ordered)

    def records(self, connection: Connection, rows: Rows) -> list[Record]:
        """Return rows of a query as traces."""
        if not rows:
            return []
        columns = list(zip(*rows, strict=True))
        keys = map(RequestKey, *(columns[self._places[column]] for column in KEY))
        times = columns[self._places[traces.c.ts]]
        fields = (self._values_of_shared(connection, rows, columns), _values(self._of_own, columns))
        found = list(map(Record, keys, times, *fields))
        if self._texts:
            configs = columns[self._places[benchmark_runs.c.config]]
            self._add_texts(connection, [one for one, run in zip(found, configs, strict=True) if _has_texts(run)])
        return found

    def _values_of_shared(
        self, connection: Connection, rows: Rows, columns: Sequence[tuple[Any, ...]]
    ) -> Iterable[dict[str, Any]]:
        """Return for each row the values that it shares with others, the same object for all of them."""
        if not self._owners:
            return repeat({}, len(rows))
        owners = list(zip(*(columns[self._places[column]] for column in self._owners), strict=True))
        row_of = dict(zip(owners, rows, strict=True))
        made = _values(self._of_shared, list(zip(*row_of.values(), strict=True)))
        for name, keys in self._keys.items():
            for values in made:
                _keep(values, name, keys)
        if self._of_contexts:
            known = context_fields(connection, {owner[-1] for owner in row_of})
            for owner, values in zip(row_of, made, strict=True):
                fields = known.get(owner[-1], {})
                values.update((name, value) for name, value in fields.items() if name in self._of_contexts)
        return map(dict(zip(row_of, made, strict=True)).__getitem__, owners)

    def _add_texts(self, connection: Connection, records: Sequence[Record]) -> None:
        texts = read_texts(connection, [record.key for record in records])
        for record in records:
            prompt, completion = texts.get(record.key, ("", ""))
            if prompt or completion:
                of_record = (prompt or None, completion or None, is_redacted(prompt) or is_redacted(completion))
                named = zip(TEXTS, of_record, strict=True)
                record.own.update((name, one) for name, one in named if one is not None and name in self._texts)

    def _placed(self, readings: Mapping[str, Reading], *, shared: bool) -> list[_Placed]:
        """Return the readings of what many requests share, or the others, with the places of their columns."""
        return [
            (name, reading.values, [self._places[column] for column in reading.columns])
            for name, reading in readings.items()
            if shared == all(column.table in _OF_MANY for column in reading.columns)
        ]


def _values(readings: Sequence[_Placed], columns: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Return for each row, one at least, the fields that have a value."""
    fields = {name: list(values(*(columns[place] for place in places))) for name, values, places in readings}
    # Most fields have a value in each row: these are put together at once.
    everywhere = {name: values for name, values in fields.items() if None not in values}
    if everywhere:
        found = [dict(zip(everywhere, row, strict=True)) for row in zip(*everywhere.values(), strict=True)]
    else:
        found = [{} for _ in columns[0]]
    for name, values_of_rows in fields.items():
        if name not in everywhere:
            for one, value in zip(found, values_of_rows, strict=True):
                if value is not None:
                    one[name] = value
    return found


def _keep(values: dict[str, Any], name: str, keys: set[str]) -> None:
    """Leave of an object only some keys, and nothing when it has none of them."""
    kept = {key: value for key, value in values.pop(name, {}).items() if key in keys}
    if kept:
        values[name] = kept


def _message_of(rows: FromClause, *, runs_named: bool) -> ColumnElement[str]:
    """Return the message of those rows that have one: few, so they are looked up one by one."""
    mine = [trace_errors.c[one.name] == rows.c[one.name] for one in KEY]
    # PostgreSQL leaves out the partitions of other days.
    if runs_named:
        mine.append(trace_errors.c.run_key.in_(bindparam(RUNS, expanding=True)))
    else:
        first, last = (bindparam(name, type_=BigInteger) for name in (FIRST_RUN, LAST_RUN))
        mine.append(trace_errors.c.run_key.between(first, last))
    message = select(trace_errors.c.message).where(*mine).correlate(rows).scalar_subquery()
    return case((rows.c.status != OK, message)).label(trace_errors.c.message.name)


def _has_texts(config: bytes | None) -> bool:
    return bool(config) and run_objects(config).has_texts
