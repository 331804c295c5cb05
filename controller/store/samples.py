"""Writing and reading measured requests: traces, their timelines and errors, and the batches they came in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, Table, bindparam, delete, func, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from controller.store.bulk import insert_rows
from controller.store.censored import delete_censored
from controller.store.chunks import chunks
from controller.store.full_text import Text
from controller.store.records import LeaseRecord
from controller.store.rollups import add_rollups
from controller.store.rollups_subtraction import ROLLED_UP, roll_up_rows, subtract_rollups
from controller.store.schema import INTEGER_COLUMNS, batches, leases, trace_errors, trace_timelines, traces
from controller.store.schema_queries import feedback
from controller.store.sums import BatchSums, Summed, censored_among, delete_some_sums, has_sums, insert_sums
from controller.store.texts import delete_some_texts, insert_texts
from loadcell.stats.columns import ERROR, OK, SampleArrays
from loadcell.stats.rollup import Rollup
from loadcell.v1 import agent_pb2, sample_pb2

READ_ROWS = 2_000  # rows held as Python objects at a time
KEY_COLUMNS = 5  # of traces, the first ones: what tells requests apart
DELETE_ROWS = 10_000  # of a table deleted in one transaction, so that other writers get their turn
_PLACE = [traces.c[name] for name in ("level", "warmup", "ordinal", "lease_key")]  # of a request in its run


@dataclass(frozen=True, slots=True)
class BatchRows:
    """A batch ready to be stored; rows are tuples in the order of the columns of their table.

    `sums` is what it adds up to where its run does not keep all requests; rows are then of those that are kept.
    """

    lease_key: int
    batch_number: int
    traces: list[tuple[object, ...]]
    timelines: list[tuple[object, ...]]
    errors: list[tuple[object, ...]]
    sketches: bytes
    rollups: list[Rollup]
    texts: list[tuple[int, Text]] = field(default_factory=list)  # when each was started, and the text
    sums: BatchSums | None = None


Refused = dict[tuple[int, int], str]
"""Why batches are not stored, by lease_key and batch_number: reasons of `StreamSamplesResponse`."""

# Of these the agent has told how many batches there are.
_TOLD = (agent_pb2.LEASE_STATE_COMPLETED, agent_pb2.LEASE_STATE_CANCELLED)


def insert_batches(connection: Connection, parts: Sequence[BatchRows]) -> Refused:
    """Store batches, those of a lease in their order, and note the highest number of each lease.

    A batch that is stored already is left as it is, so all of this may be repeated.

    Returns:
        Those that could not be stored: there are other rows with the same keys (CORRUPT_BATCH), a batch before
        them is missing (BATCH_GAP), their lease was deleted (RUN_DELETED), or had fewer batches when it ended, by
        the word of its agent (LEASE_ENDED). The others are stored.
    """
    # Locked, so that nobody else stores batches of these leases, or deletes them, until all of this is committed.
    query = select(leases.c.lease_key, leases.c.committed_batch_number, leases.c.state, leases.c.last_batch_number)
    found = connection.execute(
        query.where(leases.c.lease_key.in_({part.lease_key for part in parts}))
        .order_by(leases.c.lease_key)
        .with_for_update()
    )
    committed: dict[int, int] = {}
    last: dict[int, int] = {}
    for lease_key, number, state, last_number in found:
        committed[lease_key] = number
        if state in _TOLD:
            last[lease_key] = last_number
    fresh: list[BatchRows] = []
    refused: Refused = {}
    for part in parts:
        before = committed.get(part.lease_key)
        if before is None:
            refused[part.lease_key, part.batch_number] = "RUN_DELETED"
        elif part.batch_number > max(before, last.get(part.lease_key, part.batch_number)):
            refused[part.lease_key, part.batch_number] = "LEASE_ENDED"
        elif part.batch_number > before + 1:
            refused[part.lease_key, part.batch_number] = "BATCH_GAP"
        elif part.batch_number == before + 1:
            committed[part.lease_key] = part.batch_number
            fresh.append(part)
    return refused | _store(connection, fresh) if fresh else refused


def _store(connection: Connection, parts: Sequence[BatchRows]) -> Refused:
    try:
        with connection.begin_nested():
            _insert(connection, parts)
    except IntegrityError:
        # One batch must not hold up the others: find it by storing each alone. What follows it in its lease
        # waits, for a lease has no gaps.
        return _insert_each(connection, parts)
    _roll_up(connection, parts)
    return {}


def _insert_each(connection: Connection, parts: Sequence[BatchRows]) -> Refused:
    refused: Refused = {}
    broken: set[int] = set()
    stored: list[BatchRows] = []
    for part in parts:
        if part.lease_key in broken:
            refused[part.lease_key, part.batch_number] = "BATCH_GAP"
        else:
            try:
                with connection.begin_nested():
                    # Samples of a share that was given up take the place of what was not known of them.
                    delete_censored(connection, (row[:KEY_COLUMNS] for row in part.traces))
                    _insert(connection, [part])
                stored.append(part)
            except IntegrityError:
                broken.add(part.lease_key)
                refused[part.lease_key, part.batch_number] = "CORRUPT_BATCH"
    _roll_up(connection, stored)
    return refused


def _insert(connection: Connection, parts: Sequence[BatchRows]) -> None:
    connection.execute(
        insert(batches),
        [
            {
                "lease_key": part.lease_key,
                "batch_number": part.batch_number,
                "row_count": len(part.traces) if part.sums is None else part.sums.row_count,
                "sketches": part.sketches,
            }
            for part in parts
        ],
    )
    summed = [
        Summed(part.lease_key, part.batch_number, part.sums, part.rollups)
        for part in parts
        if part.sums is not None
    ]
    # Samples of a share that was given up; those that are not kept meet no row that would tell.
    delete_censored(connection, censored_among(connection, summed))
    insert_sums(connection, summed)
    insert_rows(connection, traces, [row for part in parts for row in part.traces])
    insert_rows(connection, trace_timelines, [row for part in parts for row in part.timelines])
    insert_rows(connection, trace_errors, [row for part in parts for row in part.errors])
    insert_texts(connection, [row for part in parts for row in part.texts])
    highest: dict[int, int] = {}
    for part in parts:
        highest[part.lease_key] = max(part.batch_number, highest.get(part.lease_key, 0))
    connection.execute(
        update(leases)
        .where(leases.c.lease_key == bindparam("key"), leases.c.committed_batch_number < bindparam("number"))
        .values(committed_batch_number=bindparam("number")),
        [{"key": key, "number": number} for key, number in highest.items()],
    )


def _roll_up(connection: Connection, parts: Iterable[BatchRows]) -> None:
    # Last in the transaction: other controllers that add to the same rollups wait until it ends.
    add_rollups(connection, [rollup for part in parts for rollup in part.rollups])


_READ = [
    traces.c[name] for name in ("lease_key", "ordinal", "warmup", *INTEGER_COLUMNS, "tpot_micros", "finish_reason")
]


def read_samples(
    connection: Connection, run_key: int, level: int, agents: Mapping[int, int], *, folded: bool = False
) -> tuple[SampleArrays, list[str]]:
    """Return the requests of a level and the list its finish_reason numbers point into.

    `agents` gives the position of the agent in the run's agent list by lease_key; its order is that of the leases.
    With `folded` they are those that are in no sums of batches: the ones that ended neither OK nor with an ERROR.
    """
    reasons: dict[str, int] = {}
    query = select(*_READ).where(traces.c.run_key == run_key, traces.c.level == level)
    if folded:
        query = query.where(traces.c.status.not_in((OK, ERROR)))
    query = query.order_by(traces.c.warmup, traces.c.ordinal, traces.c.lease_key)
    parts = [_arrays(rows, agents, reasons) for rows in _parts(connection, query)]
    return SampleArrays.concatenate(parts), list(reasons)


TraceKey = tuple[int, int, int]
"""Place of a request in its level: warmup, ordinal, lease_key."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some requests of a level in the order of their keys; `last` is where to go on, None at the end."""

    samples: SampleArrays
    finish_reasons: list[str]
    last: TraceKey | None


def read_page(
    connection: Connection,
    run_key: int,
    level: int,
    agents: Mapping[int, int],
    *,
    after: TraceKey | None,
    limit: int,
) -> Page:
    """Return at most `limit` requests of a level that come after a key."""
    place = tuple_(traces.c.warmup, traces.c.ordinal, traces.c.lease_key)
    query = select(*_READ).where(traces.c.run_key == run_key, traces.c.level == level)
    if after is not None:
        query = query.where(place > after)
    query = query.order_by(traces.c.warmup, traces.c.ordinal, traces.c.lease_key).limit(limit)
    reasons: dict[str, int] = {}
    rows = [row for part in _parts(connection, query) for row in part]
    if not rows:
        return Page(SampleArrays.empty(), [], None)
    lease_key, ordinal, warmup, *_ = rows[-1]
    last = (warmup, ordinal, lease_key) if len(rows) == limit else None
    return Page(_arrays(rows, agents, reasons), list(reasons), last)


def _parts(connection: Connection, query: Select[Any]) -> Iterator[Sequence[Sequence[Any]]]:
    """Yield the rows as they are needed: a level may have millions."""
    yield from connection.execute(query, execution_options={"yield_per": READ_ROWS}).partitions()


def _arrays(rows: Sequence[Sequence[Any]], agents: Mapping[int, int], reasons: dict[str, int]) -> SampleArrays:
    lease_keys, ordinal, warmup, *columns, tpot, finish = zip(*rows, strict=True)
    positions = {key: position for position, key in enumerate(agents)}
    numbers = {name: np.array(column, np.int64) for name, column in zip(INTEGER_COLUMNS, columns, strict=True)}
    return SampleArrays(
        agent=np.array([agents[key] for key in lease_keys], np.int64),
        lease=np.array([positions[key] for key in lease_keys], np.int64),
        ordinal=np.array(ordinal, np.int64),
        warmup=np.array(warmup, np.int64),
        tpot_micros=np.array(tpot, np.float64),
        finish_reason=np.array(
            [-1 if reason is None else reasons.setdefault(reason, len(reasons)) for reason in finish], np.int64
        ),
        **numbers,
    )


def read_sketches(connection: Connection, lease_keys: Iterable[int]) -> list[sample_pb2.Sketch]:
    """Return the sketches of all batches of some leases."""
    return [
        sketch
        for keys in chunks(lease_keys)
        for (packed,) in connection.execute(select(batches.c.sketches).where(batches.c.lease_key.in_(keys)))
        for sketch in sample_pb2.SampleColumns.FromString(packed).sketches
    ]


def count_stored(connection: Connection, run_key: int) -> dict[int, int]:
    """Return how many requests are stored of each level of a run, warm-up included."""
    query = (
        select(leases.c.level, func.sum(batches.c.row_count))
        .join(batches, batches.c.lease_key == leases.c.lease_key)
        .where(leases.c.run_key == run_key)
        .group_by(leases.c.level)
    )
    return {row[0]: int(row[1]) for row in connection.execute(query)}


def count_batches(connection: Connection, run_key: int) -> int:
    """Return how many batches are stored of a run."""
    return connection.execute(
        select(func.count())
        .select_from(batches)
        .join(leases, batches.c.lease_key == leases.c.lease_key)
        .where(leases.c.run_key == run_key)
    ).scalar_one()


def read_error_messages(connection: Connection, run_key: int, level: int) -> dict[int, str]:
    """Return a sample message for each error class of the measured requests of a level."""
    query = (
        select(trace_errors.c.error_class, func.min(trace_errors.c.message))
        .where(trace_errors.c.run_key == run_key, trace_errors.c.level == level, trace_errors.c.warmup == 0)
        .group_by(trace_errors.c.error_class)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def count_errors(connection: Connection, lease: LeaseRecord) -> Counter[int]:
    """Return how many failures with a message are stored of a lease, by class."""
    query = (
        select(trace_errors.c.error_class, func.count())
        .where(
            trace_errors.c.run_key == lease.run_key,
            trace_errors.c.level == lease.level,
            trace_errors.c.lease_key == lease.lease_key,
        )
        .group_by(trace_errors.c.error_class)
    )
    return Counter({row[0]: row[1] for row in connection.execute(query)})


def delete_leases(connection: Connection, run_key: int) -> list[str]:
    """Delete the leases and batches of a run, so that nothing more is taken; return the leases' identifiers."""
    keys = select(leases.c.lease_key).where(leases.c.run_key == run_key)
    # Locked first: a batch that is being stored just now must be seen below.
    connection.execute(keys.order_by(leases.c.lease_key).with_for_update())
    connection.execute(delete(batches).where(batches.c.lease_key.in_(keys)))
    removed = connection.execute(delete(leases).where(leases.c.run_key == run_key).returning(leases.c.lease_id))
    return [row[0] for row in removed]


def delete_some_requests(connection: Connection, run_key: int) -> bool:
    """Delete a bounded part of what is stored of the requests of a run, and take them out of the rollups.

    What batches add up to goes last, and takes out what it has added to the rollups: requests kept and not kept.

    Returns:
        Whether there may be more.
    """
    connection.execute(delete(feedback).where(feedback.c.run_key == run_key))
    more = delete_some_texts(connection, run_key, run_key + 1)
    for table in (trace_timelines, trace_errors):
        more |= delete_some_rows(connection, table, run_key)
    query = select(*ROLLED_UP, *_PLACE).where(traces.c.run_key == run_key).order_by(*_PLACE).limit(DELETE_ROWS)
    rows = connection.execute(query).all()
    if rows:
        _delete_up_to(connection, traces, run_key, rows[-1][len(ROLLED_UP) :])
        if not has_sums(connection, run_key):
            subtract_rollups(connection, roll_up_rows(rows))  # last in the transaction, as when they were added
    if more or len(rows) == DELETE_ROWS:
        return True
    return delete_some_sums(connection, run_key)


def delete_some_rows(connection: Connection, table: Table, run_key: int) -> bool:
    """Delete a bounded part of the rows that a table has of a run; return whether there may be more."""
    place = [table.c[column.name] for column in _PLACE]
    last = connection.execute(
        select(*place).where(table.c.run_key == run_key).order_by(*place).offset(DELETE_ROWS - 1).limit(1)
    ).one_or_none()
    _delete_up_to(connection, table, run_key, last)
    return last is not None


def _delete_up_to(connection: Connection, table: Table, run_key: int, last: Sequence[int] | None) -> None:
    """Delete the rows of a run up to a place in the order of their keys; without one, all of them."""
    place = tuple_(*(table.c[column.name] for column in _PLACE))
    up_to = [place <= tuple(last)] if last is not None else []
    connection.execute(delete(table).where(table.c.run_key == run_key, *up_to))


assert {column.name for column in fields(SampleArrays)} == {  # noqa: S101 - a new column must be read and written
    "agent",
    "lease",
    "ordinal",
    "warmup",
    "tpot_micros",
    "finish_reason",
    *INTEGER_COLUMNS,
}
