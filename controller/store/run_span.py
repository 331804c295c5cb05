"""Which runs have the requests of a time, so that PostgreSQL leaves out the partitions of other days.

Planning a statement over the partitions of months takes longer than most answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import BigInteger, ColumnElement, Connection, Executable, bindparam, func, select

from controller.store.schema import benchmark_runs, traces

# What an agent did while nobody could reach it is delivered after its run has ended, and clocks differ.
LATE_MICROS = 86_400 * 1_000_000

_LEAST, _MOST = -(2**63), 2**63 - 1  # of a column
_KEY, _ENDED = benchmark_runs.c.run_key, benchmark_runs.c.completed_at


def runs_of(connection: Connection, times: Sequence[tuple[int, int]]) -> list[list[ColumnElement[bool]]]:
    """Return for each time the conditions on the runs whose requests may have begun in it.

    A time is its start and its end, in microseconds since 1970 UTC. There are no conditions in SQLite, which
    has no partitions.
    """
    if connection.dialect.name == "sqlite":
        return [[] for _ in times]
    return [
        [*([traces.c.run_key >= first] if first > _LEAST else ()), traces.c.run_key <= last]
        for first, last in bounds_of_runs(connection, times)
    ]


def bounds_of_runs(connection: Connection, times: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return for each time the keys that no run is before, or after, whose requests may have begun in it."""
    if not times:
        return []
    given = {
        f"{name}_{place}": at
        for place, (start, end) in enumerate(times)
        for name, at in (("since", max(start - LATE_MICROS, _LEAST)), ("until", min(end + LATE_MICROS, _MOST)))
    }
    found = iter(connection.execute(_bounds(len(times)), given).one())
    return [(_LEAST if first is None else first, last or 0) for first, last in zip(found, found, strict=True)]


@lru_cache(maxsize=64)
def _bounds(count: int) -> Executable:
    return select(*(bound for place in range(count) for bound in (_first(place), _last(place))))


def _first(place: int) -> ColumnElement[int]:
    """Return the key that no run is before which has requests begun since a time."""
    going_on = select(func.min(_KEY)).where(_ENDED.is_(None)).scalar_subquery()
    # An expression: else PostgreSQL goes through all older runs in the order of their keys, and questions
    # are mostly about the last days.
    since = select(func.min(_KEY + 0)).where(bindparam(f"since_{place}", type_=BigInteger) <= _ENDED)
    return func.least(going_on, since.scalar_subquery())


def _last(place: int) -> ColumnElement[int]:
    """Return the key of the last run that was created before a time; no request begins before its run is created.

    The keys alone do not tell: after one run of a clock that was ahead, those of later runs are of its day.
    """
    created = benchmark_runs.c.created_at <= bindparam(f"until_{place}", type_=BigInteger)
    return select(func.max(_KEY)).where(created).scalar_subquery()
