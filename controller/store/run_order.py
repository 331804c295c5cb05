"""The orders that lists of runs come in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, or_, tuple_

from controller.lifecycle import STATUS_WORDS
from controller.store.records import RunRecord
from controller.store.schema import benchmark_runs as runs

Position = tuple[int | str | None, int]
"""The value a run is sorted by, None where it has none, and its run_key."""


@dataclass(frozen=True, slots=True)
class Sort:
    """What runs are sorted by: in the database, and of a run."""

    column: ColumnElement[Any]
    value: Callable[[RunRecord], int | str | None]
    kind: type[int | str]
    nullable: bool = False


def _duration(run: RunRecord) -> int | None:
    return None if run.started_at is None or run.completed_at is None else run.completed_at - run.started_at


SORTS = {
    "created_at": Sort(runs.c.created_at, lambda run: run.created_at, int),
    "started_at": Sort(runs.c.started_at, lambda run: run.started_at, int, nullable=True),
    "completed_at": Sort(runs.c.completed_at, lambda run: run.completed_at, int, nullable=True),
    "duration": Sort(runs.c.completed_at - runs.c.started_at, _duration, int, nullable=True),
    "model": Sort(runs.c.model, lambda run: run.model, str),
    "server_url": Sort(runs.c.server_url, lambda run: run.server_url, str),
    "status": Sort(runs.c.status, lambda run: STATUS_WORDS[run.state], str),
}


@dataclass(frozen=True, slots=True)
class RunOrder:
    """Runs by `sort`, one of SORTS, ties by run_key in the same direction; texts in the order of the database.

    Runs without a value come last either way.
    """

    sort: str = "created_at"
    descending: bool = True

    def columns(self) -> list[ColumnElement[Any]]:
        """Return what a query is ordered by."""
        sort = SORTS[self.sort]
        value, key = (
            column.desc() if self.descending else column.asc() for column in (sort.column, runs.c.run_key)
        )
        return [value.nulls_last() if sort.nullable else value, key]

    def position(self, run: RunRecord) -> Position:
        """Return where a run stands."""
        return SORTS[self.sort].value(run), run.run_key

    def behind(self, position: Position) -> ColumnElement[bool]:
        """Whether a run comes behind a position."""
        sort, (value, run_key) = SORTS[self.sort], position
        if value is None:
            later = runs.c.run_key < run_key if self.descending else runs.c.run_key > run_key
            return and_(sort.column.is_(None), later)
        place = tuple_(sort.column, runs.c.run_key)
        end = tuple_(literal(value, sort.column.type), literal(run_key, runs.c.run_key.type))
        # The column alone is implied, and is what lets an index find the place.
        if self.descending:
            after = and_(sort.column <= value, place < end)
        else:
            after = and_(sort.column >= value, place > end)
        return or_(after, sort.column.is_(None)) if sort.nullable else after


NEWEST_FIRST = RunOrder()
