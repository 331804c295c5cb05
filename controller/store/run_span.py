"""Which runs have the requests of a time, so that PostgreSQL leaves out the partitions of other days.

Planning a statement over the partitions of months takes longer than most answers.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, ColumnElement, Connection, func, literal, select

from controller.store.run_keys import first_key
from controller.store.schema import benchmark_runs, traces

DAY_MICROS = 86_400 * 1_000_000
# What an agent did while nobody could reach it is delivered after its run has ended, and clocks differ.
LATE_MICROS = DAY_MICROS

_LEAST = -(2**63)  # of a column
_KEY, _ENDED = benchmark_runs.c.run_key, benchmark_runs.c.completed_at


def first_runs(connection: Connection, starts: Sequence[int]) -> list[int]:
    """Return for each time (microseconds since 1970 UTC) a key; no run before it has requests begun since then.

    0 in SQLite, which has no partitions.
    """
    if connection.dialect.name == "sqlite" or not starts:
        return [0] * len(starts)
    going_on = select(func.min(_KEY)).where(_ENDED.is_(None)).scalar_subquery()
    # An expression: else PostgreSQL goes through all older runs in the order of their keys, and questions
    # are mostly about the last days.
    since = (
        select(func.min(_KEY + 0))
        .where(literal(max(start - LATE_MICROS, _LEAST), BigInteger) <= _ENDED)
        .scalar_subquery()
        for start in starts
    )
    found = connection.execute(select(*(func.least(going_on, one) for one in since))).one()
    return [first or 0 for first in found]


def in_runs(first: int, end: int) -> list[ColumnElement[bool]]:
    """Return the conditions on the runs of requests that began before `end`: those from the key `first` on."""
    # No request begins before its run was created, so days after the range need not be looked into.
    newer = first_key(max(end + DAY_MICROS, 0))
    below = traces.c.run_key < newer
    return [traces.c.run_key >= first, below] if first else [below]
