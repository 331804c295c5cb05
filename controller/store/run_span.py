"""Which runs have the requests of a time, so that PostgreSQL leaves out the partitions of other days.

Planning a statement over the partitions of months takes longer than most answers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Executable,
    ScalarSelect,
    Select,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    text,
    union_all,
)

from controller.store.among import given, one_of_given
from controller.store.raw_rows import raw_rows
from controller.store.schema import TIME_OF_RUN, benchmark_runs, traces

# A request is not older than its run, but it is timed by the clock of the controller that started its level, which
# need not be the one that created the run.
CLOCKS_APART_MICROS = 3_600 * 1_000_000
# What an agent did while nobody could reach it is delivered after its run has ended.
_LATE_MICROS = 86_400 * 1_000_000

_LEAST, _MOST = -(2**62), 2**62  # of times, such that a day can be added
_KEY, _CREATED = benchmark_runs.c.run_key, benchmark_runs.c.created_at
_ALL_KEYS = (-(2**63), 2**63 - 1)
_REMEMBERED = 64  # statements


class Reach(NamedTuple):
    """Keys that no run is before, or after, whose requests may have begun up to `end`; None: in all of the time.

    And those of some contexts that such runs belong to. In SQLite, which has no partitions to leave out, these are
    any keys, and all of the contexts.
    """

    end: int | None
    first: int
    last: int
    contexts: tuple[int, ...] | None


def runs_of(connection: Connection, times: Sequence[tuple[int, int]]) -> list[list[ColumnElement[bool]]]:
    """Return for each time the conditions on the runs whose requests may have begun in it.

    A time is its start and its end, in microseconds since 1970 UTC. There are no conditions in SQLite, which
    has no partitions.
    """
    if connection.dialect.name == "sqlite":
        return [[] for _ in times]
    return [
        [traces.c.run_key >= first, traces.c.run_key <= last] for first, last in bounds_of_runs(connection, times)
    ]


def bounds_of_runs(connection: Connection, times: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return for each time the keys that no run is before, or after, whose requests may have begun in it."""
    if not times:
        return []
    asked = {
        f"{name}_{place}": _bounded(at)
        for place, time in enumerate(times)
        for name, at in zip(("since", "until"), time, strict=True)
    }
    found = {place: _keys(first, last) for place, first, last in raw_rows(connection, _bounds(len(times)), asked)}
    return [found[place] for place in range(len(times))]


def reach_of_runs(
    connection: Connection,
    time: tuple[int, int],
    contexts: Collection[int] | None,
    *,
    descending: bool,
    place: int,
) -> Reach:
    """Return how far some runs reach into a time from its end, or from its start, and which others do.

    Args:
        connection: to read through.
        time: its start and its end, in microseconds since 1970 UTC.
        contexts: those that the runs belong to, None for all.
        descending: whether it is gone through from its end.
        place: of the run that is reached for, among those created in the time or before it; 0 is the closest.
    """
    dialect = connection.dialect.name
    asked: dict[str, Any] = {"since": _bounded(time[0]), "until": _bounded(time[1]), "place": place}
    if contexts is not None:
        asked |= given(dialect, contexts)
    statement = _reach(dialect, among=contexts is not None, descending=descending)
    ((end, *found),) = raw_rows(connection, statement, asked)
    mine = None if contexts is None else tuple(contexts)
    if not found:
        return Reach(end, *_ALL_KEYS, mine)
    first, last, *going_on = found
    return Reach(end, *_keys(first, last), mine if mine is None else tuple(sorted(set(going_on[0] or ()))))


def _bounded(at: int) -> int:
    return min(max(at, _LEAST), _MOST)


def _keys(first: int | None, last: int | None) -> tuple[int, int]:
    return (0, -1) if first is None or last is None else (first, last)


@lru_cache(maxsize=_REMEMBERED)
def _bounds(count: int) -> Executable:
    parts = [
        _outermost(_micros(f"since_{place}"), _micros(f"until_{place}"), literal_column(str(place)))
        for place in range(count)
    ]
    return union_all(*parts)


@lru_cache(maxsize=_REMEMBERED)
def _reach(dialect: str, *, among: bool, descending: bool) -> Executable:
    since, until = _micros("since"), _micros("until")
    created = [until >= _CREATED, since < _CREATED] if descending else [since <= _CREATED, until > _CREATED]
    if among:
        created.append(one_of_given(dialect, benchmark_runs.c.context_key))
    closest = select(_CREATED.label("at")).where(*created).order_by(_CREATED.desc() if descending else _CREATED)
    found = closest.limit(1).offset(bindparam("place", type_=BigInteger)).cte("found")
    end: ScalarSelect[Any] = select(found.c.at).scalar_subquery()
    if dialect == "sqlite":  # which has no partitions to leave out
        return select(end)
    first, last = (func.coalesce(end, since), until) if descending else (since, func.coalesce(end, until))
    runs = _outermost(first, last, end)
    if not among:
        return runs
    mine = one_of_given(dialect, benchmark_runs.c.context_key)
    # Each as often as it comes: to leave out those that come again, PostgreSQL sorts the others as well.
    return runs.add_columns(func.array_agg(benchmark_runs.c.context_key).filter(mine))


def _outermost(since: ColumnElement[int], until: ColumnElement[int], before: ColumnElement[Any]) -> Select[Any]:
    """Return a column, and the first and the last key of the runs whose requests may have begun in a time."""
    late, apart = (literal(micros, BigInteger) for micros in (_LATE_MICROS, CLOCKS_APART_MICROS))
    runs = TIME_OF_RUN.bool_op("&&")(func.int8range(since - late, until + apart, text("'[]'")))
    # Expressions: else PostgreSQL goes through all runs in the order of their keys.
    return select(before, func.min(_KEY + 0), func.max(_KEY + 0)).where(runs)


def _micros(name: str) -> ColumnElement[int]:
    return bindparam(name, type_=BigInteger)
