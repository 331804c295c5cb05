"""Messages of failed requests."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import Connection, Executable, and_, bindparam, select

from controller.query.metrics.rows import Contexts
from controller.query.metrics.spans import Edge
from controller.store.among import given, one_of_given
from controller.store.metrics_requests import began_in, given_times
from controller.store.schema import request_key, trace_errors, traces
from controller.store.traces.columns import IS_ERROR

_NAMES = [column.name for column in request_key()]


def sample_message(connection: Connection, edge: Edge, of: Contexts, error_class: int) -> str | None:
    """Return the newest message of failures of a class of some contexts in a range of time, if one was kept."""
    dialect = connection.dialect.name
    asked = given_times(connection, [edge]) | ({} if of.every else given(dialect, of.keys.tolist()))
    statement = _newest(dialect, every=of.every)
    found: str | None = connection.execute(statement, asked | {"error_class": error_class}).scalar_one_or_none()
    return found


@lru_cache
def _newest(dialect: str, *, every: bool) -> Executable:
    asked = [] if every else [one_of_given(dialect, traces.c.context_key)]
    return (
        select(trace_errors.c.message)
        .join_from(traces, trace_errors, and_(*(traces.c[name] == trace_errors.c[name] for name in _NAMES)))
        .where(IS_ERROR, *began_in(dialect), *asked, traces.c.error_class == bindparam("error_class"))
        .order_by(traces.c.ts.desc())
        .limit(1)
    )
