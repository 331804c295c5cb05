"""From rows to traces, reading no column and joining no table that is not asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, Table, select

from controller.query.traces.fields import FIELDS
from controller.query.traces.record import Record
from controller.query.traces.selection import Selected
from controller.store.schema import benchmark_runs, leases, trace_errors, traces
from controller.store.schema_queries import contexts
from controller.store.texts import read_texts
from controller.store.traces.keys import KEY, with_keys
from controller.store.traces.objects import run_objects
from controller.store.traces.readings import READINGS
from controller.trace_ids import RequestKey
from loadcell.stats.columns import OK

SORT_VALUE = "sort_value"  # name of what a list is sorted by, if that is no column
ALWAYS = ("ts", "trace_id", "span_id")
TEXTS = ("input_text", "output_text")

_SHARED: tuple[tuple[Table, str], ...] = (
    (contexts, "context_key"),
    (benchmark_runs, "run_key"),
    (leases, "lease_key"),
)


_Placed: TypeAlias = tuple[str, Callable[..., Any], list[int]]


class Reader:
    """Reads traces of one question: with `fields`, or all, and what is to go with them."""

    def __init__(self, fields: Sequence[Selected], include: Iterable[str] = ()) -> None:
        chosen = {*ALWAYS, *(selected.field.name for selected in fields)} if fields else set(FIELDS)
        self._names = chosen | {name for name in include if name == "evaluations"}
        self._keys: dict[str, set[str]] = {}
        for selected in fields:
            if selected.key is not None:
                self._keys.setdefault(selected.field.name, set()).add(selected.key)
        self._readings = {name: reading for name, reading in READINGS.items() if name in self._names}
        self._texts = [name for name in TEXTS if name in self._names]
        needed = {column for reading in self._readings.values() for column in reading.columns}
        if self._texts:
            needed.add(benchmark_runs.c.config)  # it says whether there are any
        self._joins = [(table, key) for table, key in _SHARED if any(column.table is table for column in needed)]
        own = needed.union(KEY, [traces.c.ts], (traces.c[key] for _, key in self._joins))
        if "error_message" in self._names:
            own.add(traces.c.status)
        self._own = [column for column in traces.c if column in own]
        self._shared = [column for table, _ in self._joins for column in table.c if column in needed]

    def query(self, *others: ColumnElement[Any]) -> Select[Any]:
        """Return the query for the columns of `traces` that are needed, and others."""
        return select(*self._own, *others)

    def joined(self, query: Select[Any], order: Sequence[tuple[str, bool]] = ()) -> Select[Any]:
        """Return the query for the few rows of another with what they share, in the order of columns.

        Each column of the order is descending or not.
        """
        if not self._joins:
            return query
        page = query.subquery("page")
        joined: FromClause = page
        for table, key in self._joins:
            joined = joined.outerjoin(table, table.c[key] == page.c[key])
        ordered = [page.c[name].desc() if descending else page.c[name].asc() for name, descending in order]
        return select(*page.c, *self._shared).select_from(joined).order_by(*ordered)

    def records(self, connection: Connection, rows: Sequence[Row[Any]]) -> list[Record]:
        """Return rows of a query as traces."""
        if not rows:
            return []
        places = {name: place for place, name in enumerate(rows[0]._fields)}
        key, ts = [places[column.name] for column in KEY], places["ts"]
        owners = [places[key] for _, key in self._joins]
        of_owners = self._placed(places, shared=True)
        own = self._placed(places, shared=False)
        # What many requests share is computed once for all of them.
        computed: dict[tuple[int, ...], dict[str, Any]] = {}
        found = []
        for row in map(tuple, rows):
            owner = tuple([row[place] for place in owners])
            if owner not in computed:
                computed[owner] = self._values(row, of_owners)
            values = computed[owner] | self._values(row, own)
            found.append(Record(RequestKey(*[row[place] for place in key]), row[ts], values))
        if "error_message" in self._names:
            _add_errors(connection, [record for record, row in zip(found, rows, strict=True) if row.status != OK])
        if self._texts:
            self._add_texts(connection, [one for one, row in zip(found, rows, strict=True) if _has_texts(row)])
        return found

    def _add_texts(self, connection: Connection, records: Sequence[Record]) -> None:
        texts = read_texts(connection, [record.key for record in records])
        for record in records:
            of_record = zip(TEXTS, texts.get(record.key, ()), strict=False)
            record.values.update((name, text) for name, text in of_record if text and name in self._texts)

    def _placed(self, places: Mapping[str, int], *, shared: bool) -> list[_Placed]:
        """Return the readings that need nothing of `traces`, or the others, with the places of their columns."""
        return [
            (name, reading.value, [places[column.name] for column in reading.columns])
            for name, reading in self._readings.items()
            if shared == all(column.table is not traces for column in reading.columns)
        ]

    def _values(self, row: Sequence[Any], placed: Iterable[_Placed]) -> dict[str, Any]:
        values = {}
        for name, value_of, columns in placed:
            if len(columns) == 1:
                value = value_of(row[columns[0]])
            else:
                value = value_of(*[row[place] for place in columns])
            if value is not None and name in self._keys:
                value = {key: value[key] for key in value if key in self._keys[name]} or None
            if value is not None:
                values[name] = value
        return values


def _has_texts(row: Row[Any]) -> bool:
    return bool(row.config) and run_objects(row.config).has_texts


def _add_errors(connection: Connection, records: Sequence[Record]) -> None:
    by_key = {record.key: record for record in records}
    if not by_key:
        return
    columns = [trace_errors.c[column.name] for column in KEY]
    query = select(*columns, trace_errors.c.message).where(with_keys(connection, columns, list(by_key)))
    for *key, message in connection.execute(query):
        if message:
            by_key[RequestKey(*key)].values["error_message"] = message
