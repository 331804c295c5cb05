"""One trace by its identifier."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam

from controller.query.traces.record import Record
from controller.query.traces.selection import Selected
from controller.scope import Scope
from controller.store.traces.included import add_included
from controller.store.traces.keys import KEY
from controller.store.traces.limits import bounded
from controller.store.traces.reading import Reader, reader_of
from controller.store.traces.scoped import in_scope
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
    reader = reader_of(tuple(fields), tuple(include))
    if scope.projects is None:
        query = _of_all(reader)
    else:
        query = reader.joined(reader.query().where(_OF_KEY, in_scope(connection, scope)))
    with bounded(connection):
        records = reader.records(connection, connection.execute(query, key._asdict()).all())
        add_included(connection, records, include)
    return records[0] if records else None


@lru_cache(maxsize=_REMEMBERED)
def _of_all(reader: Reader) -> Select[Any]:
    """Return the query for a trace of any project: making it takes as long as all else."""
    return reader.joined(reader.query().where(_OF_KEY))
