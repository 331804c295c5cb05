"""Several traces by their identifiers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select

from controller.query.traces.record import Record
from controller.query.traces.selection import Selected
from controller.scope import Scope
from controller.store.among import given_requests, with_given_requests
from controller.store.raw_rows import raw_rows
from controller.store.traces.included import add_included
from controller.store.traces.keys import KEY
from controller.store.traces.limits import bounded
from controller.store.traces.reading import Reader, reader_of
from controller.store.traces.scoped import given_scope, in_scope
from controller.trace_ids import RequestKey

_REMEMBERED = 64  # queries


class Several(NamedTuple):
    """Traces in the order they were asked for in, and the keys of the last ones, which were too much to read."""

    records: list[Record]
    left_out: list[RequestKey]


def get_traces(
    connection: Connection,
    keys: Sequence[RequestKey],
    scope: Scope,
    *,
    fields: Sequence[Selected] = (),
    include: Collection[str] = (),
) -> Several:
    """Return those of some traces, one key at least, that there are within the scope.

    Raises:
        LoadcellError: REQUEST_TIMEOUT.
    """
    reader, dialect = reader_of(tuple(fields), tuple(include)), connection.dialect.name
    query = _query(reader, dialect, everything=scope.projects is None)
    places = {key: place for place, key in enumerate(keys)}
    with bounded(connection):
        rows = raw_rows(connection, query, given_requests(dialect, keys) | given_scope(dialect, scope))
        records = sorted(reader.records(connection, rows), key=lambda record: places[record.key])
        whole = add_included(connection, records, include)
    return Several(records[:whole], [record.key for record in records[whole:]])


@lru_cache(maxsize=_REMEMBERED)
def _query(reader: Reader, dialect: str, *, everything: bool) -> Select[Any]:
    """Return the query for traces: making it takes as long as all else."""
    mine = in_scope(dialect, everything=everything)
    return reader.joined(reader.query().where(with_given_requests(dialect, KEY), *mine))
