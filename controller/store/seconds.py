"""Reading the requests of a run for what happened in each second."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

import numpy as np
from sqlalchemy import ColumnElement, Connection, case, func, or_, select

from controller.store.schema import traces
from controller.store.sums import read_folds
from loadcell.stats.columns import CENSORED, ERROR, OK
from loadcell.stats.fold import Fold, merge_folds
from loadcell.stats.seconds import MICROS, Requests

READ_ROWS = 10_000  # rows held as Python objects at a time

_END = traces.c.start_offset_micros + case((traces.c.e2e_micros > 0, traces.c.e2e_micros), else_=0)
_COLUMNS = (
    traces.c.lease_key,
    traces.c.scheduled_offset_micros,
    traces.c.start_offset_micros,
    traces.c.e2e_micros,
    traces.c.ttft_micros,
    traces.c.completion_tokens,
    traces.c.status,
)


def read_level_folds(connection: Connection, run_key: int, shifts: Mapping[int, int]) -> Fold:
    """Return what the requests of a level add up to that are in sums of batches; `shifts` as in `read_seconds`."""
    folds = read_folds(connection, run_key, shifts)
    return merge_folds(fold.later(shifts[key]) for key, fold in folds.items())


def last_ends(connection: Connection, run_key: int, level: int) -> dict[int, int]:
    """Return by lease_key when the last measured request of a level ended, microseconds after the lease began."""
    query = (
        select(traces.c.lease_key, func.max(_END)).where(_measured(run_key, level)).group_by(traces.c.lease_key)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def read_seconds(
    connection: Connection,
    run_key: int,
    level: int,
    shifts: Mapping[int, int],
    *,
    first: int,
    last: int,
    folded: bool = False,
) -> Iterator[Requests]:
    """Yield the measured requests of a level that were going on, or due, in some seconds, and perhaps a few more.

    Args:
        connection: where to read.
        run_key: the run.
        level: the level.
        shifts: by lease_key, microseconds from the start of the level to that of the lease.
        first: the first second, counted from the start of the level.
        last: the first second that is not wanted.
        folded: whether those are left out that are in sums of batches.
    """
    begin = first * MICROS - max(shifts.values(), default=0)
    end = last * MICROS - min(shifts.values(), default=0)
    query = select(*_COLUMNS).where(
        _measured(run_key, level), or_(traces.c.start_offset_micros < end, traces.c.scheduled_offset_micros < end)
    )
    if folded:
        query = query.where(traces.c.status.not_in((OK, ERROR)))
    if first:
        query = query.where(begin <= _END)
    for rows in connection.execute(query, execution_options={"yield_per": READ_ROWS}).partitions():
        # Made from the rows themselves, an array takes ten times as long: each of them is asked what it is.
        numbers = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * len(_COLUMNS))
        leases, scheduled, start, e2e, ttft, tokens, status = numbers.reshape(-1, len(_COLUMNS)).T
        keys, places = np.unique(leases, return_inverse=True)
        shift = np.array([shifts.get(key, 0) for key in keys.tolist()], np.int64)[places]
        yield Requests(scheduled + shift, start + shift, e2e, ttft, tokens, status)


def _measured(run_key: int, level: int) -> ColumnElement[bool]:
    # Of CENSORED requests nobody knows whether and when they were sent.
    return (
        (traces.c.run_key == run_key)
        & (traces.c.level == level)
        & (traces.c.warmup == 0)
        & (traces.c.status != CENSORED)
    )
