"""Deleting what has reached its age, a bounded part at a time. Runs, their results and the rollups stay."""

from __future__ import annotations

from enum import Enum, auto

from sqlalchemy import Connection, delete, func, or_, select, text, tuple_

from controller.store.partitions import PARTITIONED, drop, list_partitions
from controller.store.postgresql import Lock, take_if_free
from controller.store.run_keys import first_key
from controller.store.samples import DELETE_ROWS, count_batches, count_stored, delete_some_rows
from controller.store.schema import benchmark_runs, trace_errors, trace_timelines, traces
from controller.store.schema_queries import feedback, rollups
from controller.store.sums import count_kept, expire_sums
from controller.store.texts import delete_some_texts

ROLLUPS_AT_ONCE = 2_000


class Left(Enum):
    """What there is still to delete."""

    NOTHING = auto()
    MORE = auto()  # there may be
    OTHERS = auto()  # another controller is deleting just now: ask again


def expire_requests(connection: Connection, before: int) -> Left:
    """Delete a bounded part of what is stored of the requests of runs that were created before a time.

    A run that goes on keeps its requests, and those after it keep theirs until it has ended. What is deleted here
    stays in the rollups.

    Args:
        connection: where.
        before: the beginning of a day, microseconds since 1970 UTC.

    Returns:
        What is left that can be deleted now.
    """
    if not take_if_free(connection, Lock.RETENTION):
        return Left.OTHERS
    # The keys of runs of earlier versions do not tell their day.
    kept = or_(benchmark_runs.c.created_at >= before, benchmark_runs.c.status.in_(("pending", "running")))
    oldest = connection.execute(select(func.min(benchmark_runs.c.run_key)).where(kept)).scalar_one()
    end = min(first_key(before), first_key(before) if oldest is None else oldest)
    connection.execute(delete(feedback).where(feedback.c.run_key < end))
    expire = _expire_partitions if connection.dialect.name == "postgresql" else _expire
    return Left.MORE if expire(connection, end) else Left.NOTHING


def requests_expired(connection: Connection, run_key: int) -> bool:
    """Whether requests of a run were deleted for their age: there is less of them than was kept."""
    left = connection.execute(
        select(func.count()).select_from(traces).where(traces.c.run_key == run_key)
    ).scalar_one()
    summed, kept = count_kept(connection, run_key)
    if not summed:
        return left < sum(count_stored(connection, run_key).values())
    return left < kept or summed < count_batches(connection, run_key)


def expire_rollups(connection: Connection, grain: int, first_kept: int) -> Left:
    """Delete a bounded part of the rollups of a grain with buckets below `first_kept`.

    Returns:
        What is left.
    """
    if not take_if_free(connection, Lock.RETENTION):
        return Left.OTHERS
    place = (rollups.c.bucket, rollups.c.context_key)
    expired = rollups.c.grain == grain, rollups.c.bucket < first_kept
    last = connection.execute(
        select(*place).where(*expired).order_by(*place).offset(ROLLUPS_AT_ONCE - 1).limit(1)
    ).one_or_none()
    # Up to a bucket of their own, so that each step reads what it deletes and no more.
    up_to = [rollups.c.bucket <= last.bucket, tuple_(*place) <= tuple(last)] if last is not None else expired[1:]
    connection.execute(delete(rollups).where(rollups.c.grain == grain, *up_to))
    return Left.NOTHING if last is None else Left.MORE


def _expire(connection: Connection, end: int) -> bool:
    more = delete_some_texts(connection, 0, end) | expire_sums(connection, end)
    for table in (trace_timelines, trace_errors, traces):
        oldest = connection.execute(select(func.min(table.c.run_key))).scalar_one()
        if oldest is not None and oldest < end:
            delete_some_rows(connection, table, oldest)
            more = True
    return more


def _expire_partitions(connection: Connection, end: int) -> bool:
    """Drop one partition whose days are over, if there is one, or else rows of the default partitions."""
    for table in PARTITIONED:
        for partition in list_partitions(connection, table):
            if partition.end <= end and drop(connection, partition):
                return True
    more = expire_sums(connection, end)
    for table in PARTITIONED:
        rest = f"{table.name}_default"
        found = f"SELECT ctid FROM {rest} WHERE run_key < :end LIMIT :rows"  # noqa: S608 - own names
        deleted = connection.execute(
            text(f"DELETE FROM {rest} WHERE ctid = ANY (ARRAY ({found}))"),  # noqa: S608 - own names
            {"end": end, "rows": DELETE_ROWS},
        )
        more |= deleted.rowcount == DELETE_ROWS
    return more
