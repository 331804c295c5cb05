"""Messages of failed requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from sqlalchemy import ColumnElement, Connection, Executable, and_, bindparam, select

from controller.query.metrics.rows import Contexts
from controller.query.metrics.spans import Edge
from controller.store.among import given, given_rows, one_of_given, rows
from controller.store.metrics_requests import began_in
from controller.store.raw_rows import raw_rows
from controller.store.run_span import reach_of_runs
from controller.store.schema import request_key, trace_errors, traces
from controller.store.traces.columns import IS_ERROR

_RUNS, _MORE = 16, 8  # whose failures are looked at first, and times as many in each further part
_NAMES = [column.name for column in request_key()]


def sample_messages(connection: Connection, wanted: Mapping[int, Edge], of: Contexts) -> dict[int, str]:
    """Return the newest message of failures of each class in a range of time, of classes of which one was kept.

    Args:
        connection: to read through.
        wanted: the range by the number of the class; one at least.
        of: the contexts that the failures belong to.
    """
    dialect = connection.dialect.name
    statement = _newest(dialect, every=of.every)
    known = {} if of.every else given(dialect, of.keys.tolist())
    found: dict[int, str] = {}
    for part, runs in _from_their_end(connection, wanted, of):
        within = [
            (number, max(edge.start, part.start), min(edge.end, part.end))
            for number, edge in wanted.items()
            if number not in found
        ]
        if asked := [one for one in within if one[1] < one[2]]:
            newest = raw_rows(connection, statement, known | runs | rows(dialect, asked))
            found |= {number: message for number, message in newest if message is not None}
        if len(found) == len(wanted):
            break
    return found


def _from_their_end(
    connection: Connection, wanted: Mapping[int, Edge], of: Contexts
) -> Iterator[tuple[Edge, dict[str, int]]]:
    """Yield parts of the time of all ranges, the last first, each with the parameters that `began_in` has.

    PostgreSQL would plan for all days of the time.
    """
    start, end = min(edge.start for edge in wanted.values()), max(edge.end for edge in wanted.values())
    if connection.dialect.name == "sqlite":
        yield Edge(start, end), {}
        return
    place = _RUNS
    contexts = None if of.every else of.keys.tolist()
    while start < end:
        reach = reach_of_runs(connection, (start, end - 1), contexts, descending=True, place=place - 1)
        begin = start if reach.end is None else max(reach.end, start)
        runs = {"first_run_0": reach.first, "last_run_0": reach.last}
        yield Edge(begin, end), {"since_0": begin, "until_0": end} | runs
        end, place = begin, place * _MORE


@lru_cache
def _newest(dialect: str, *, every: bool) -> Executable:
    wanted = given_rows(dialect, 3)
    error_class, start, end = wanted.c
    of_part: list[ColumnElement[bool]] = []
    if dialect != "sqlite":
        # A bound on one of two equal columns leaves out the partitions of its own table only.
        runs = trace_errors.c.run_key.between(bindparam("first_run_0"), bindparam("last_run_0"))
        of_part = [*began_in(dialect), runs]
    asked = [] if every else [one_of_given(dialect, traces.c.context_key)]
    newest = (
        select(trace_errors.c.message)
        .join_from(traces, trace_errors, and_(*(traces.c[name] == trace_errors.c[name] for name in _NAMES)))
        .where(IS_ERROR, *of_part, *asked)
        .where(traces.c.error_class == error_class, traces.c.ts >= start, traces.c.ts < end)
        .order_by(traces.c.ts.desc())
        .limit(1)
    )
    return select(error_class, newest.scalar_subquery())
