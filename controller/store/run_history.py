"""Finding runs of the past: lists with filters, and the run to compare others with."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, select

from controller.scope import Scope
from controller.store.records import RunRecord
from controller.store.run_labels import may_have_label
from controller.store.run_order import NEWEST_FIRST, Position, RunOrder
from controller.store.run_search import has_words
from controller.store.runs import DELETING, RUN_COLUMNS, run_record
from controller.store.schema import benchmark_runs as runs
from controller.store.schema_queries import contexts
from controller.store.traces.limits import check_time
from loadcell.v1 import result_pb2, run_pb2

READ_ROWS = 500  # runs held at a time while their labels are looked at


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs a list holds; None selects all.

    Times are microseconds since 1970 UTC, the upper one exclusive. A label is a key with its value, or with
    None for any value. Words are those of `run_search`.
    """

    scope: Scope
    status: str | None = None
    state: run_pb2.RunState | None = None
    model: str | None = None
    project_id: str | None = None
    created_from: int | None = None
    created_to: int | None = None
    baseline: bool | None = None
    labels: tuple[tuple[str, str | None], ...] = ()
    words: tuple[str, ...] = ()

    def condition(self, connection: Connection) -> ColumnElement[bool]:
        """Return all but the labels as a condition."""
        parts: list[ColumnElement[bool]] = [runs.c.status != DELETING]
        for column, value in (
            (runs.c.status, self.status),
            (runs.c.state, self.state),
            (runs.c.model, self.model),
            (runs.c.baseline, self.baseline),
        ):
            if value is not None:
                parts.append(column == value)
        if self.created_from is not None:
            parts.append(runs.c.created_at >= self.created_from)
        if self.created_to is not None:
            parts.append(runs.c.created_at < self.created_to)
        if self.project_id is not None:
            parts.append(_of_projects([self.project_id]))
        if self.scope.projects is not None:
            parts.append(_of_projects(self.scope.projects))
        if self.words:
            parts.append(has_words(connection, self.words))
        return and_(*parts)

    def holds(self, config: bytes) -> bool:
        """Whether a run with this configuration has the labels."""
        found = result_pb2.RunConfig.FromString(config).labels
        return all(key in found and value in (None, found[key]) for key, value in self.labels)


def _of_projects(project_ids: Collection[str]) -> ColumnElement[bool]:
    keys = select(contexts.c.context_key).where(contexts.c.project_id.in_(project_ids))
    return runs.c.context_key.in_(keys)


def list_runs(
    connection: Connection,
    filters: RunFilter,
    *,
    limit: int,
    offset: int = 0,
    order: RunOrder = NEWEST_FIRST,
    after: Position | None = None,
) -> list[RunRecord]:
    """Return a page of runs in an order; `after` is the position of the last one of the page before."""
    query = select(*RUN_COLUMNS).where(filters.condition(connection)).order_by(*order.columns())
    if after is not None:
        query = query.where(order.behind(after))
    if filters.labels:
        rows = islice(_labelled(connection, query, filters), offset, offset + limit)
        return [run_record(row) for row in rows]
    return [run_record(row) for row in connection.execute(query.limit(limit).offset(offset))]


def count_runs(connection: Connection, filters: RunFilter) -> int:
    """Return the number of runs on all pages."""
    if filters.labels:
        return sum(
            1 for _ in _labelled(connection, select(runs.c.config).where(filters.condition(connection)), filters)
        )
    return connection.execute(
        select(func.count()).select_from(runs).where(filters.condition(connection))
    ).scalar_one()


def count_by_status(connection: Connection, scope: Scope) -> dict[str, int]:
    """Return the number of runs by status word."""
    query = (
        select(runs.c.status, func.count()).where(RunFilter(scope).condition(connection)).group_by(runs.c.status)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _labelled(connection: Connection, query: Select[Any], filters: RunFilter) -> Iterator[Row[Any]]:
    """Yield the rows whose run has the labels."""
    query = query.where(*(may_have_label(connection, key, value) for key, value in filters.labels))
    with connection.execute(query, execution_options={"yield_per": READ_ROWS}) as rows:
        for row in rows:
            check_time(connection)
            if filters.holds(row.config):
                yield row


def find_baseline(connection: Connection, project_id: str, model: str, besides: Collection[str]) -> str | None:
    """Return the newest completed run of a model in a project that is marked as baseline, except some."""
    query = (
        select(runs.c.run_id)
        .where(
            runs.c.baseline,
            runs.c.status == "completed",
            runs.c.model == model,
            _of_projects([project_id]),
            runs.c.run_id.not_in(besides),
        )
        .order_by(runs.c.created_at.desc(), runs.c.run_key.desc())
        .limit(1)
    )
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found
