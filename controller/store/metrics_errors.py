"""Messages of failed requests."""

from __future__ import annotations

from sqlalchemy import Connection, and_, select

from controller.query.metrics.rows import Contexts
from controller.query.metrics.spans import Edge
from controller.store.metrics_requests import among, began_in
from controller.store.schema import request_key, trace_errors, traces
from controller.store.traces.columns import IS_ERROR

_NAMES = [column.name for column in request_key()]


def sample_message(connection: Connection, edge: Edge, of: Contexts, error_class: int) -> str | None:
    """Return the newest message of failures of a class of some contexts in a range of time, if one was kept."""
    (began,) = began_in(connection, [edge])
    found: str | None = connection.execute(
        select(trace_errors.c.message)
        .join_from(traces, trace_errors, and_(*(traces.c[name] == trace_errors.c[name] for name in _NAMES)))
        .where(IS_ERROR, *began, *among(connection, of), traces.c.error_class == error_class)
        .order_by(traces.c.ts.desc())
        .limit(1)
    ).scalar_one_or_none()
    return found
