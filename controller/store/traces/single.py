"""One trace by its identifier."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from controller.query.traces.record import Record
from controller.query.traces.selection import Selected
from controller.scope import Scope
from controller.store.among import with_keys
from controller.store.traces.included import add_included
from controller.store.traces.keys import KEY
from controller.store.traces.limits import bounded
from controller.store.traces.reading import reader_of
from controller.store.traces.scoped import in_scope
from controller.trace_ids import RequestKey


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
    query = reader.query().where(with_keys(connection, KEY, [key]), in_scope(connection, scope))
    with bounded(connection):
        records = reader.records(connection, connection.execute(reader.joined(query)).all())
        add_included(connection, records, include)
    return records[0] if records else None
