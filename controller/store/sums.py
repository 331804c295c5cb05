"""Writing and reading what batches add up to, of runs that keep a sample of their requests (decision 0012)."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, delete, func, insert, literal, select, tuple_, union_all

from controller.store.chunks import chunks
from controller.store.records import LeaseRecord
from controller.store.rollups import rollup_of, values_of
from controller.store.rollups_subtraction import subtract_rollups
from controller.store.schema import traces
from controller.store.schema_queries import rollups
from controller.store.schema_sums import batch_rollups, batch_sums
from loadcell.folds import from_message, to_message
from loadcell.stats.columns import CENSORED, Ints
from loadcell.stats.fold import Fold, merge_folds
from loadcell.stats.ordinals import Ordinals, pack, unpack
from loadcell.stats.rollup import Rollup
from loadcell.v1 import sample_pb2

FOLDS_AT_ONCE = 200  # that are held as objects
BATCHES_AT_ONCE = 64  # of each lease, whose ordinals are put together: then they lie next to one another
DELETE_BATCHES = 500


@dataclass(frozen=True, slots=True)
class BatchSums:
    """What a batch adds up to, in place of those of its requests that are not kept.

    Attributes:
        run_key: the run.
        level: the level.
        row_count: requests of the batch, kept or not, warm-up included.
        kept_count: those among them that are kept.
        ordinals: of the measured requests that ended OK or with an ERROR, ascending.
        sums: their SampleSums, compressed.
    """

    run_key: int
    level: int
    row_count: int
    kept_count: int
    ordinals: Ints
    sums: bytes


def pack_fold(fold: Fold) -> bytes:
    """Return a fold as it is stored."""
    return zlib.compress(to_message(fold).SerializeToString(), 1)


@dataclass(frozen=True, slots=True)
class Summed:
    """A batch with its sums and with what it adds to the rollups of minutes."""

    lease_key: int
    batch_number: int
    sums: BatchSums
    minutes: Sequence[Rollup]

    @property
    def key(self) -> dict[str, object]:
        """What tells it apart."""
        return {"run_key": self.sums.run_key, "lease_key": self.lease_key, "batch_number": self.batch_number}


def insert_sums(connection: Connection, parts: Sequence[Summed]) -> None:
    """Store what batches add up to and what they add to the rollups of minutes."""
    if parts:
        connection.execute(insert(batch_sums), [part.key | _values(part.sums) for part in parts])
    minutes = [part.key | values_of(rollup) for part in parts for rollup in part.minutes]
    if minutes:
        connection.execute(insert(batch_rollups), minutes)


def _values(sums: BatchSums) -> dict[str, object]:
    ordinals = sums.ordinals
    return {
        "kept_count": sums.kept_count,
        "first_ordinal": int(ordinals[0]) if len(ordinals) else -1,
        "last_ordinal": int(ordinals[-1]) if len(ordinals) else -1,
        "ordinals": pack(ordinals),
        "sums": sums.sums,
    }


def censored_among(connection: Connection, parts: Sequence[Summed]) -> list[tuple[int, ...]]:
    """Return the keys of the requests of batches that were given up as CENSORED before they were delivered."""
    looks = [
        # One range of keys each; what is CENSORED lies among the few that are kept.
        select(literal(place), traces.c.ordinal).where(
            traces.c.run_key == part.sums.run_key,
            traces.c.level == part.sums.level,
            traces.c.warmup == 0,
            traces.c.ordinal.between(int(part.sums.ordinals[0]), int(part.sums.ordinals[-1])),
            traces.c.lease_key == part.lease_key,
            traces.c.status == CENSORED,
        )
        for place, part in enumerate(parts)
        if len(part.sums.ordinals)
    ]
    if not looks:
        return []
    given_up: defaultdict[int, list[int]] = defaultdict(list)
    for place, ordinal in connection.execute(union_all(*looks)):
        given_up[place].append(ordinal)
    return [
        (parts[place].sums.run_key, parts[place].sums.level, 0, ordinal, parts[place].lease_key)
        for place, ordinals in given_up.items()
        for ordinal in np.intersect1d(ordinals, parts[place].sums.ordinals).tolist()
    ]


def read_folds(connection: Connection, run_key: int, lease_keys: Collection[int]) -> dict[int, Fold]:
    """Return by lease what the batches of some leases of a run add up to; leases without any are left out."""
    return {key: found for key in lease_keys if len(found := _fold_of(connection, run_key, key))}


def lease_fold(connection: Connection, lease: LeaseRecord) -> Fold:
    """Return what the batches of a lease add up to, an empty fold when its run keeps all requests."""
    return _fold_of(connection, lease.run_key, lease.lease_key)


def _fold_of(connection: Connection, run_key: int, lease_key: int) -> Fold:
    query = select(batch_sums.c.sums).where(batch_sums.c.run_key == run_key, batch_sums.c.lease_key == lease_key)
    whole = Fold()
    with connection.execute(query, execution_options={"yield_per": FOLDS_AT_ONCE}) as found:
        for rows in found.partitions():
            parts = [from_message(sample_pb2.SampleSums.FromString(zlib.decompress(packed))) for (packed,) in rows]
            whole = merge_folds([whole, *parts])
    return whole


def read_ordinals(connection: Connection, run_key: int, lease_keys: Collection[int]) -> Ordinals:
    """Return the ordinals of the batches of some leases of a run."""
    ordinals = Ordinals()
    number = batch_sums.c.batch_number
    for_run = batch_sums.c.run_key == run_key
    last = max(
        (
            connection.execute(
                select(func.max(number)).where(for_run, batch_sums.c.lease_key.in_(keys))
            ).scalar_one()
            or 0
            for keys in chunks(lease_keys)
        ),
        default=0,
    )
    for first in range(1, last + 1, BATCHES_AT_ONCE):
        for keys in chunks(lease_keys):
            some = number.between(first, first + BATCHES_AT_ONCE - 1)
            query = select(batch_sums.c.ordinals).where(for_run, batch_sums.c.lease_key.in_(keys), some)
            for (packed,) in connection.execute(query):
                ordinals.add(unpack(packed))
    return ordinals


def ordinals_between(connection: Connection, lease: LeaseRecord, first: int, last: int) -> Ints:
    """Return the ordinals of the batches of a lease from `first` to `last`."""
    query = select(batch_sums.c.ordinals).where(
        batch_sums.c.run_key == lease.run_key,
        batch_sums.c.lease_key == lease.lease_key,
        batch_sums.c.first_ordinal <= last,
        batch_sums.c.last_ordinal >= first,
    )
    parts = [unpack(packed) for (packed,) in connection.execute(query)]
    ordinals = np.concatenate([np.zeros(0, np.int64), *parts])
    return ordinals[(ordinals >= first) & (ordinals <= last)]


def highest_folded(connection: Connection, lease: LeaseRecord, lanes: int, index: int, count: int) -> int | None:
    """Return the highest ordinal of share `index` of `count` in the batches of a lease, None without any."""
    query = (
        select(batch_sums.c.last_ordinal, batch_sums.c.ordinals)
        .where(
            batch_sums.c.run_key == lease.run_key,
            batch_sums.c.lease_key == lease.lease_key,
            batch_sums.c.last_ordinal >= lease.first_ordinal,
        )
        .order_by(batch_sums.c.last_ordinal.desc())
    )
    highest: int | None = None
    with connection.execute(query, execution_options={"yield_per": BATCHES_AT_ONCE}) as found:
        for last, packed in found:
            if highest is not None and last <= highest:
                break
            ordinals = unpack(packed)
            mine = ordinals[(ordinals % lanes % count == index) & (ordinals >= lease.first_ordinal)]
            if len(mine):
                highest = max(int(mine.max()), -1 if highest is None else highest)
    return highest


def count_kept(connection: Connection, run_key: int) -> tuple[int, int]:
    """Return of how many batches of a run there are sums, 0 when it keeps all, and how many requests they kept."""
    count, kept = connection.execute(
        select(func.count(), func.sum(batch_sums.c.kept_count)).where(batch_sums.c.run_key == run_key)
    ).one()
    return count, int(kept or 0)


def has_sums(connection: Connection, run_key: int) -> bool:
    """Whether something is stored of a run that it adds up to."""
    query = select(batch_sums.c.run_key).where(batch_sums.c.run_key == run_key).limit(1)
    return connection.execute(query).first() is not None


def delete_some_sums(connection: Connection, run_key: int) -> bool:
    """Delete a bounded part of what the batches of a run add up to, and take it out of the rollups.

    Returns:
        Whether there may be more.
    """
    place = (batch_sums.c.lease_key, batch_sums.c.batch_number)
    found = connection.execute(
        select(*place).where(batch_sums.c.run_key == run_key).order_by(*place).limit(DELETE_BATCHES)
    ).all()
    if not found:
        return False
    last = tuple(found[-1])
    of_rollups = (
        batch_rollups.c.run_key == run_key,
        tuple_(batch_rollups.c.lease_key, batch_rollups.c.batch_number) <= last,
    )
    minutes = [rollup_of(row) for row in connection.execute(select(*_ROLLUP).where(*of_rollups))]
    connection.execute(delete(batch_rollups).where(*of_rollups))
    connection.execute(delete(batch_sums).where(batch_sums.c.run_key == run_key, tuple_(*place) <= last))
    subtract_rollups(connection, minutes)  # last in the transaction, as when they were added
    return len(found) == DELETE_BATCHES


def expire_sums(connection: Connection, end: int) -> bool:
    """Delete a bounded part of what batches of runs below a key add up to; it stays in the rollups.

    Returns:
        Whether there may be more.
    """
    place = tuple(batch_sums.primary_key.columns)
    expired = select(*place).where(batch_sums.c.run_key < end).order_by(*place).limit(DELETE_BATCHES)
    found = connection.execute(expired).all()
    if found:
        for table in (batch_rollups, batch_sums):
            up_to = tuple_(*(table.c[column.name] for column in place)) <= tuple(found[-1])
            connection.execute(delete(table).where(table.c.run_key <= found[-1].run_key, up_to))
    return len(found) == DELETE_BATCHES


_ROLLUP = [batch_rollups.c[column.name] for column in rollups.c]
