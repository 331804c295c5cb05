"""Keys of runs: the day a run was created, then its number on that day.

So the requests of a day, whose keys begin with that of their run, are one range of keys, and the keys of requests
are nearly in the order of time.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text

from controller.store.postgresql import Lock, take

DAY_BITS = 19  # runs of a day; more of them take the keys of the next
_DAY_MICROS = 86_400 * 1_000_000
_SEQUENCE = "benchmark_runs_run_key_seq"


def first_key(at_micros: int) -> int:
    """Return the smallest key of a run that was created on the day of a time (microseconds since 1970 UTC)."""
    return (at_micros // _DAY_MICROS << DAY_BITS) + 1


def next_key(connection: Connection, created_at: int) -> int:
    """Return a key that no run has had, for one that is created at a time (microseconds since 1970 UTC)."""
    if connection.dialect.name == "postgresql":
        take(connection, Lock.RUN_KEYS)
        last: int = connection.execute(
            text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {_SEQUENCE}")  # noqa: S608 - own name
        ).scalar_one()
        key = max(last + 1, first_key(created_at))
        connection.execute(select(func.setval(_SEQUENCE, key)))
        return key
    # AUTOINCREMENT remembers the highest key that was ever stored; there is only one writer.
    highest: int | None = connection.execute(
        text("SELECT seq FROM sqlite_sequence WHERE name = 'benchmark_runs'")
    ).scalar_one_or_none()
    return max((highest or 0) + 1, first_key(created_at))
