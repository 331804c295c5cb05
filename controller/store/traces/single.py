"""One trace by its identifier."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam

from controller.query.traces.record import Record
from controller.query.traces.selection import Selected
from controller.scope import Scope
from controller.store.among import FIRST_RUN, LAST_RUN
from controller.store.raw_rows import raw_rows
from controller.store.traces.included import add_included
from controller.store.traces.keys import KEY
from controller.store.traces.limits import bounded
from controller.store.traces.reading import Reader, reader_of
from controller.store.traces.scoped import given_scope, in_scope
from controller.trace_ids import RequestKey

_REMEMBERED = 64  # queries
_OF_KEY = and_(*(column == bindparam(column.name) for column in KEY))


def get_trace(
    connection: Connection,
    key: RequestKey,
    scope: Scope,
    *,
    fields: Sequence[Selected] = (),
    include: Collection[str] = (),
) -> Record | None:
    """Return a trace, None when there is none within the scope.

    Raises:
        LoadcellError: REQUEST_TIMEOUT.
    """
    reader, dialect = reader_of(tuple(fields), tuple(include)), connection.dialect.name
    query = _query(reader, dialect, everything=scope.projects is None)
    with bounded(connection):
        runs = {FIRST_RUN: key.run_key, LAST_RUN: key.run_key}
        rows = raw_rows(connection, query, key._asdict() | runs | given_scope(dialect, scope))
        records = reader.records(connection, rows)
        add_included(connection, records, include)
    return records[0] if records else None


@lru_cache(maxsize=_REMEMBERED)
def _query(reader: Reader, dialect: str, *, everything: bool) -> Select[Any]:
    """Return the query for a trace: making it takes as long as all else."""
    return reader.joined(reader.query().where(_OF_KEY, *in_scope(dialect, everything=everything)))
