"""Taking deleted requests out of the rollups, so that they say what brute force says of the requests left.

Sums and sketches are subtracted. An extreme that may have gone with them is looked up: in the rollups of the next
shorter grain, where these have every request, or else in the requests themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import structlog
from sqlalchemy import ColumnElement, Connection, case, delete, func, select, update

from controller.store.among import with_keys
from controller.store.rollups import KEYS_AT_ONCE, rollup_of, values_of
from controller.store.schema import traces
from controller.store.schema_queries import rollups
from controller.store.schema_sums import batch_rollups
from controller.store.traces.columns import IS_COUNTED
from loadcell.stats.columns import OK, SampleArrays
from loadcell.stats.rollup import DAY, HOUR, MINUTE, Rollup, at_every_grain, roll_up
from loadcell.stats.rollup_subtraction import EXTREMES, extremes_may_change, subtract

log = structlog.get_logger()

_KEY = (rollups.c.grain, rollups.c.bucket, rollups.c.context_key)
_SHORTER = {HOUR: MINUTE, DAY: HOUR}
_MICROS = 1_000_000


_KEPT_BESIDE = ("ts", "context_key", "prompt_cost", "completion_cost")
_MEASURED = ("status", "error_class", "e2e_micros", "ttft_micros", "prompt_tokens", "completion_tokens")
ROLLED_UP = [traces.c[name] for name in (*_KEPT_BESIDE, *_MEASURED)]
"""What rollups are made of."""


def roll_up_rows(rows: Sequence[Sequence[Any]]) -> list[Rollup]:
    """Return the rollups of a minute each of some requests, whose rows begin with the columns ROLLED_UP."""
    table = np.array([row[: len(ROLLED_UP)] for row in rows], np.int64).T
    ts, contexts, prompt_cost, completion_cost, *measured = table
    columns = dict.fromkeys((field.name for field in fields(SampleArrays)), np.zeros(len(rows), np.int64))
    samples = SampleArrays(**columns | dict(zip(_MEASURED, measured, strict=True)))
    return [
        rollup
        for context in np.unique(contexts).tolist()
        for mine in [contexts == context]
        for rollup in roll_up(samples.where(mine), ts[mine], context, prompt_cost[mine], completion_cost[mine])
    ]


def subtract_rollups(connection: Connection, minutes: Iterable[Rollup]) -> None:
    """Take rollups of minutes, of requests deleted in this transaction, out of what is stored of any grain.

    What retention has deleted of the rollups stays deleted.
    """
    removed = at_every_grain(minutes)
    for first in range(0, len(removed), KEYS_AT_ONCE):
        _subtract(connection, removed[first : first + KEYS_AT_ONCE])


def _subtract(connection: Connection, removed: Sequence[Rollup]) -> None:
    """Subtract rollups with different keys, in the order of their keys, as whoever adds to them."""
    parts = {part.key: part for part in removed}
    query = select(rollups).where(with_keys(connection, _KEY, list(parts))).order_by(*_KEY).with_for_update()
    for whole in map(rollup_of, connection.execute(query).all()):
        part = parts[whole.key]
        try:
            left = subtract(whole, part)
        except ValueError as error:
            # Stored by a version without rollups: nothing was added for them.
            log.warning("rollup_left_as_it_is", grain=whole.grain, bucket=whole.bucket, error=str(error))
            continue
        this = (
            rollups.c.grain == left.grain,
            rollups.c.bucket == left.bucket,
            rollups.c.context_key == left.context_key,
        )
        if not left.ok_count + left.error_count:
            connection.execute(delete(rollups).where(*this))
            continue
        if extremes_may_change(whole, part):
            left = replace(left, **_extremes(connection, left))
        connection.execute(update(rollups).where(*this).values(values_of(left)))


def _extremes(connection: Connection, rollup: Rollup) -> dict[str, Any]:
    """Return the extremes of the requests of a rollup; nothing where retention has deleted some of these."""
    count = rollup.ok_count + rollup.error_count
    if rollup.grain in _SHORTER:
        shorter = _SHORTER[rollup.grain]
        found = connection.execute(
            select(
                func.coalesce(func.sum(rollups.c.ok_count + rollups.c.error_count), 0),
                *(_extreme(name, rollups.c[name]) for name in EXTREMES),
            ).where(
                rollups.c.grain == shorter,
                rollups.c.bucket >= rollup.bucket * rollup.grain // shorter,
                rollups.c.bucket < (rollup.bucket + 1) * rollup.grain // shorter,
                rollups.c.context_key == rollup.context_key,
            )
        ).one()
        if found[0] == count:
            return dict(zip(EXTREMES, found[1:], strict=True))
    # Of runs that keep a sample of their requests, batches tell of all of them; those kept count only once.
    folded = connection.execute(
        select(
            func.coalesce(func.sum(batch_rollups.c.ok_count + batch_rollups.c.error_count), 0),
            *(_extreme(name, batch_rollups.c[name]) for name in EXTREMES),
        ).where(
            batch_rollups.c.bucket >= rollup.bucket * rollup.grain // MINUTE,
            batch_rollups.c.bucket < (rollup.bucket + 1) * rollup.grain // MINUTE,
            batch_rollups.c.context_key == rollup.context_key,
        )
    ).one()
    sampled = select(batch_rollups.c.run_key).where(batch_rollups.c.run_key == traces.c.run_key)
    found = connection.execute(
        select(func.count(), *(_extreme(name, _OF_REQUEST[name]) for name in EXTREMES)).where(
            traces.c.context_key == rollup.context_key,
            traces.c.ts >= rollup.bucket * rollup.grain * _MICROS,
            traces.c.ts < (rollup.bucket + 1) * rollup.grain * _MICROS,
            IS_COUNTED,
            *([~sampled.exists()] if folded[0] else []),
        )
    ).one()
    if found[0] + folded[0] != count:
        return {}
    return {
        name: _outermost(name, [one for one in values if one >= 0])
        for name, *values in zip(EXTREMES, found[1:], folded[1:], strict=True)
    }


def _outermost(name: str, values: Sequence[int]) -> int:
    return min(values, default=-1) if name.endswith("_min") else max(values, default=_NONE.get(name, -1))


def _extreme(name: str, values: ColumnElement[Any]) -> ColumnElement[int]:
    """Return the extreme of values of at least 0; -1 stands for a value that is missing."""
    known = case((values >= 0, values))
    return func.coalesce(func.min(known) if name.endswith("_min") else func.max(known), _NONE.get(name, -1))


_NONE = {"cost_max": 0}
_DURATION = case((traces.c.status == OK, traces.c.e2e_micros), else_=-1)
_PROMPT, _COMPLETION = (
    case((cost >= 0, cost), else_=0) for cost in (traces.c.prompt_cost, traces.c.completion_cost)
)
_OF_REQUEST: dict[str, ColumnElement[Any]] = {
    "duration_min": _DURATION,
    "duration_max": _DURATION,
    "cost_max": _PROMPT + _COMPLETION,
}
