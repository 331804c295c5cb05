"""Messages of failed requests."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from sqlalchemy import Connection, Executable, and_, bindparam, select

from controller.query.metrics.rows import Contexts
from controller.query.metrics.spans import Edge
from controller.store.among import given, one_of_given
from controller.store.metrics_requests import began_in, given_times
from controller.store.run_span import reach_of_runs
from controller.store.schema import request_key, trace_errors, traces
from controller.store.traces.columns import IS_ERROR

_RUNS, _MORE = 16, 8  # whose failures are looked at first, and times as many in each further part
_NAMES = [column.name for column in request_key()]


def sample_message(connection: Connection, edge: Edge, of: Contexts, error_class: int) -> str | None:
    """Return the newest message of failures of a class of some contexts in a range of time, if one was kept."""
    dialect = connection.dialect.name
    known = {"error_class": error_class} | ({} if of.every else given(dialect, of.keys.tolist()))
    statement = _newest(dialect, every=of.every)
    for part in _from_its_end(connection, edge, of):
        asked = given_times(connection, [part]) | known
        found: str | None = connection.execute(statement, asked).scalar_one_or_none()
        if found is not None:
            return found
    return None


def _from_its_end(connection: Connection, edge: Edge, of: Contexts) -> Iterator[Edge]:
    """Yield parts of a range of time, the last first; PostgreSQL would plan for all of its days."""
    if connection.dialect.name == "sqlite":
        yield edge
        return
    start, end, place = edge.start, edge.end, _RUNS
    contexts = None if of.every else of.keys.tolist()
    while start < end:
        reach = reach_of_runs(connection, (start, end - 1), contexts, descending=True, place=place - 1)
        begin = start if reach.end is None else max(reach.end, start)
        yield Edge(begin, end)
        end, place = begin, place * _MORE


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
