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
from controller.store.traces.included import add_included
from controller.store.traces.keys import KEY
from controller.store.traces.limits import bounded
from controller.store.traces.reading import Reader, reader_of
from controller.store.traces.scoped import in_scope
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
    if scope.projects is None:
        query = _of_all(reader, dialect)
    else:
        wanted = with_given_requests(dialect, KEY)
        query = reader.joined(reader.query().where(wanted, in_scope(connection, scope)))
    places = {key: place for place, key in enumerate(keys)}
    with bounded(connection):
        rows = connection.execute(query, given_requests(dialect, keys)).all()
        records = sorted(reader.records(connection, rows), key=lambda record: places[record.key])
        whole = add_included(connection, records, include)
    return Several(records[:whole], [record.key for record in records[whole:]])


@lru_cache(maxsize=_REMEMBERED)
def _of_all(reader: Reader, dialect: str) -> Select[Any]:
    """Return the query for traces of any project: making it takes as long as all else."""
    return reader.joined(reader.query().where(with_given_requests(dialect, KEY)))
