"""Requests whose outcome was not observed, because their agent or worker was lost: rows with status CENSORED.

They stand under the lease that was lost, so a sample that is delivered later has the same key and takes the place.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, select, update

from controller.store.bulk import insert_rows
from controller.store.chunks import chunks
from controller.store.origins import get_origin
from controller.store.records import LeaseRecord
from controller.store.schema import INTEGER_COLUMNS, batches, leases, traces
from controller.store.sums import highest_folded, lease_fold, ordinals_between
from loadcell.stats.columns import CANCELLED, CENSORED, Ints

# What is told by a row that nobody has measured: counts are 0, everything else is not defined.
_COUNTS = (
    "event_count",
    "token_source",
    "error_class",
    "http_status",
    "stall_count",
    "longest_stall_micros",
    "reused",
    "coalesced_reads",
    "read_count",
)
_UNKNOWN: dict[str, object] = {name: 0 if name in _COUNTS else -1 for name in INTEGER_COLUMNS}


def highest_ordinal(connection: Connection, lease: LeaseRecord, lanes: int, index: int, count: int) -> int | None:
    """Return the highest ordinal of share `index` of `count` that has a sample of a lease, None without any.

    Args:
        connection: where to look.
        lease: the lease.
        lanes: number of lanes of the level.
        index: position of the share.
        count: number of shares.
    """
    delivered = select(batches.c.lease_key).where(batches.c.lease_key == lease.lease_key).limit(1)
    if connection.execute(delivered).first() is None:
        return None  # else the whole level would be searched for it
    folded = highest_folded(connection, lease, lanes, index, count)
    kept: int | None = connection.execute(
        select(traces.c.ordinal)
        .where(
            _of(lease),
            traces.c.ordinal >= lease.first_ordinal,
            traces.c.status != CENSORED,
            (traces.c.ordinal % lanes) % count == index,
        )
        .order_by(traces.c.ordinal.desc())
        .limit(1)
    ).scalar_one_or_none()
    return max((one for one in (folded, kept) if one is not None), default=None)


def last_end(connection: Connection, lease: LeaseRecord) -> int:
    """Return when the last request of a lease ended, microseconds since the start of the level; 0 without any."""
    ends = select(func.max(traces.c.start_offset_micros + traces.c.e2e_micros))
    kept = connection.execute(ends.where(_of(lease), traces.c.status != CENSORED)).scalar_one() or 0
    return max(kept, lease_fold(connection, lease).extremes.get("last_end", 0))


def longest_request(connection: Connection, lease: LeaseRecord) -> int:
    """Return how long the longest known request of a lease took, microseconds; 0 without any."""
    query = select(func.max(traces.c.e2e_micros)).where(_of(lease), traces.c.status != CENSORED)
    kept = connection.execute(query).scalar_one() or 0
    return max(0, kept, lease_fold(connection, lease).extremes.get("longest_request", 0))


def count_censored(connection: Connection, lease: LeaseRecord, before_micros: int | None = None) -> int:
    """Return how many requests of a lease are CENSORED, those due before an offset from the start of the level."""
    query = select(func.count()).select_from(traces).where(_of(lease), traces.c.status == CENSORED)
    if before_micros is not None:
        query = query.where(traces.c.scheduled_offset_micros < before_micros)
    return int(connection.execute(query).scalar_one())


def hold_leases(connection: Connection, lease_keys: Iterable[int]) -> set[int]:
    """Keep batches of leases from being stored until this transaction ends; return those with lost batches."""
    damaged: set[int] = set()
    for keys in chunks(sorted(lease_keys)):
        held = select(leases.c.lease_key).where(leases.c.lease_key.in_(keys)).order_by(leases.c.lease_key)
        connection.execute(held.with_for_update())
        lost = select(batches.c.lease_key).where(batches.c.lease_key.in_(keys), batches.c.row_count == 0)
        damaged |= set(connection.execute(lost).scalars())
    return damaged


def known_ordinals(connection: Connection, lease: LeaseRecord, first: int, last: int) -> Ints:
    """Return the ordinals from `first` to `last` of which a lease has told already, some perhaps twice."""
    query = select(traces.c.ordinal).where(_of(lease), traces.c.ordinal.between(first, last))
    kept = np.array(connection.execute(query).scalars().all(), np.int64)
    return np.concatenate([kept, ordinals_between(connection, lease, first, last)])


def insert_censored(
    connection: Connection, lease: LeaseRecord, ordinals: Ints, starts_micros: Ints, until_micros: int
) -> None:
    """Store requests of a lease as CENSORED.

    Args:
        connection: where to store them.
        lease: the lease that was lost.
        ordinals: the requests, at least one.
        starts_micros: since when each may have been in flight, microseconds since the start of the level.
        until_micros: when observation ended, by the same count; with it they have their age.
    """
    origin, count, starts = get_origin(connection, lease), len(ordinals), starts_micros.tolist()
    every = {
        **_UNKNOWN,
        "run_key": lease.run_key,
        "level": lease.level,
        "warmup": 0,
        "lease_key": lease.lease_key,
        "status": CENSORED,
        "tpot_micros": -1.0,
        "finish_reason": None,
        "context_key": origin.context_key,
        "prompt_cost": -1,
        "completion_cost": -1,
    }
    columns: dict[str, list[object]] = {name: [value] * count for name, value in every.items()}
    columns |= {
        "ordinal": ordinals.tolist(),
        "scheduled_offset_micros": starts,
        "start_offset_micros": starts,
        "e2e_micros": np.maximum(0, until_micros - starts_micros).tolist(),
        "ts": (origin.start_micros + starts_micros).tolist(),
    }
    insert_rows(connection, traces, list(zip(*(columns[column.name] for column in traces.columns), strict=True)))


def censor_stopped(connection: Connection, run_key: int) -> None:
    """Make requests CENSORED that ended because the lease of their agent did, not because the run was cancelled.

    Their age stays what it was. To be called for runs that are not cancelled.
    """
    cut = select(leases.c.lease_key).where(leases.c.run_key == run_key, leases.c.end_ordinal.is_not(None))
    for keys in chunks(connection.execute(cut).scalars().all()):
        connection.execute(
            update(traces)
            .where(
                traces.c.run_key == run_key,
                traces.c.warmup == 0,
                traces.c.lease_key.in_(keys),
                traces.c.status == CANCELLED,
            )
            .values(status=CENSORED)
        )


def delete_censored(connection: Connection, keys: Iterable[tuple[object, ...]]) -> None:
    """Make way for samples: delete the CENSORED rows among some (run_key, level, warmup, ordinal, lease_key)."""
    names = ("run_key", "level", "warmup", "ordinal", "lease_key")
    rows = [{f"of_{name}": value for name, value in zip(names, key, strict=True)} for key in keys]
    if rows:
        same = [traces.c[name] == bindparam(f"of_{name}") for name in names]
        connection.execute(delete(traces).where(*same, traces.c.status == CENSORED), rows)


def _of(lease: LeaseRecord) -> ColumnElement[bool]:
    return and_(
        traces.c.run_key == lease.run_key,
        traces.c.level == lease.level,
        traces.c.warmup == 0,
        traces.c.lease_key == lease.lease_key,
    )
