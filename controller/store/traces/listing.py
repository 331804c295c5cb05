"""Pages of traces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from controller.query.traces.bounds import ALWAYS
from controller.query.traces.fields import Kind
from controller.query.traces.question import Position, Question
from controller.query.traces.record import Record
from controller.scope import Scope
from controller.store.among import FIRST_RUN, LAST_RUN, among_rows
from controller.store.raw_rows import Rows
from controller.store.schema import traces
from controller.store.traces.included import add_included
from controller.store.traces.keys import KEY
from controller.store.traces.limits import bounded
from controller.store.traces.narrowing import narrow
from controller.store.traces.order import Stretch, stretches
from controller.store.traces.paging import is_plain, plain_page
from controller.store.traces.reading import RUNS, SORT_VALUE, Reader, reader_of
from controller.store.traces.walking import located
from controller.store.traces.windows import in_runs, windows
from controller.store.traces.wording import first_with_words, in_order
from controller.trace_ids import span_id, trace_id

_KEYS = select(*KEY)


class Page(NamedTuple):
    """Traces in the order of the question; `last` is where the next page begins, None on the last one."""

    records: list[Record]
    last: Position | None


def list_traces(connection: Connection, question: Question, scope: Scope) -> Page:
    """Return a page of the traces that a question asks for.

    Raises:
        LoadcellError: REQUEST_TIMEOUT.
    """
    with bounded(connection):
        rows = narrow(connection, question.filter, scope)
        if rows is None:
            return Page([], None)
        reader = reader_of(question.fields, question.include)
        found: list[tuple[Sequence[Any], Stretch]] = []
        if question.sort.kind is not Kind.TIME:
            rows = in_runs(connection, rows)
        for stretch in stretches(connection, question, rows):
            # One more than the page has: whether there is another.
            wanted = question.limit + 1 - len(found)
            found += [(row, stretch) for row in _read(connection, stretch, reader, question.descending, wanted)]
            if len(found) > question.limit:
                break
        records = reader.records(connection, [row for row, _ in found[: question.limit]])
        add_included(connection, records, question.include)
        if len(found) <= question.limit:
            return Page(records, None)
        return Page(records, _position(question, records[-1], *found[question.limit - 1]))


def _read(connection: Connection, stretch: Stretch, reader: Reader, descending: bool, limit: int) -> Rows:
    found: list[Sequence[Any]] = []
    for part in windows(connection, stretch, descending=descending):
        found += _first(connection, part, reader, descending, limit - len(found))
        if len(found) == limit:
            break
    return found


def _first(connection: Connection, stretch: Stretch, reader: Reader, descending: bool, limit: int) -> Rows:
    if is_plain(stretch):
        return plain_page(connection, stretch, reader, descending=descending, limit=limit)
    first, *others = stretch.columns
    of_days = connection.dialect.name == "postgresql"
    if of_days and stretch.by_time and stretch.rows.words is not None and not stretch.rows.ways:
        return _with_words(connection, stretch, reader, stretch.rows.words, descending=descending, limit=limit)
    of_any_day = of_days and stretch.rows.runs == ALWAYS
    # An index of SQLite has the keys as well: rows that are sorted out, or sorted, need not be read for them.
    keys = stretch.by_time and not of_days
    wanted = _KEYS if keys or of_any_day else reader.query()
    query = wanted.add_columns(first.label(SORT_VALUE)).limit(limit)
    query = located(connection, query, stretch, descending=descending, limit=limit)
    if of_any_day:
        return _with_keys(connection, connection.execute(query).all(), reader)
    order = tuple((name, descending) for name in (SORT_VALUE, *(column.name for column in others)))
    runs = {FIRST_RUN: stretch.rows.runs.first, LAST_RUN: stretch.rows.runs.last}
    return connection.execute(reader.joined(query, order, keys=keys), runs).all()


def _with_words(
    connection: Connection, stretch: Stretch, reader: Reader, words: str, *, descending: bool, limit: int
) -> Rows:
    """Return the first rows by time of a stretch of PostgreSQL that words lead to, in order."""
    rows: list[Sequence[Any]] = []
    while missing := limit - len(rows):
        found = first_with_words(connection, stretch, words, descending=descending, limit=missing)
        rows += _with_keys(connection, found, reader)
        if len(found) < missing:
            break
        # While a run is deleted, words are there longer than their requests.
        stretch = replace(stretch, after=in_order(found[-1]))
    return rows


def _with_keys(connection: Connection, found: Rows, reader: Reader) -> Rows:
    """Return the rows of keys as far as there are any, each with what it is sorted by, in their order.

    What belongs to a row is planned for as many days as it may be of: those of a page are few.
    """
    if not found:
        return []
    keys = [tuple(key) for *key, _ in found]
    runs = sorted({run_key for run_key, *_ in keys})
    query = reader.query().where(traces.c.run_key.in_(runs), among_rows(KEY, keys))
    rows = connection.execute(reader.joined(query, runs_named=True), {RUNS: runs})
    read = {tuple(getattr(row, column.name) for column in KEY): row for row in rows}
    return [(*read[key], value) for key, (*_, value) in zip(keys, found, strict=True) if key in read]


def _position(question: Question, last: Record, row: Sequence[Any], stretch: Stretch) -> Position:
    value: int | str | None = stretch.value
    match question.sort.kind:
        case Kind.TRACE_ID:
            value = trace_id(last.key)
        case Kind.SPAN_ID:
            value = span_id(last.key)
        case Kind.TIME:
            value = last.ts
        case Kind.NUMBER if not stretch.by_time:
            value = row[-1]
    return Position(value, last.ts, trace_id(last.key))
