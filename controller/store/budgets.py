"""Budgets and their alerts, each of which is raised once in a period, by whichever controller is first."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import astuple, fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from controller.events.kinds import COST_THRESHOLD, make_event
from controller.query.costs.budget_periods import period_of
from controller.query.costs.budgets import SEVERITIES, Alert, Budget, Reached
from controller.query.costs.question import CostQuestion, Spent, usd
from controller.query.metrics.parameters import DAY_MICROS, Period
from controller.scope import Scope
from controller.store.cost_covers import cover_question
from controller.store.costs import spent_over_time
from controller.store.events import record_events
from controller.store.postgresql import Lock, take
from controller.store.schema_queries import budget_alerts, budgets
from loadcell.stats.rollup import DAY
from loadcell.v1 import event_pb2

_COLUMNS = [budgets.c[field.name] for field in fields(Budget)]
_ALERT_COLUMNS = [budget_alerts.c[field.name] for field in fields(Alert)]
_ALERT_KEY = [budget_alerts.c.budget_id, budget_alerts.c.period_start, budget_alerts.c.severity]


def insert_budget(connection: Connection, budget: Budget, *, most: int) -> Budget | None:
    """Store a budget and return it, or the one with its identifier; None when its project has `most` already."""
    take(connection, Lock.NUMBERS)
    known = get_budget(connection, Scope.everything(), budget.budget_id)
    if known is not None:
        return known
    mine = select(func.count()).select_from(budgets).where(budgets.c.project_id == budget.project_id)
    if connection.execute(mine).scalar_one() >= most:
        return None
    connection.execute(insert(budgets), _values(budget))
    return budget


def get_budget(connection: Connection, scope: Scope, budget_id: str, *, lock: bool = False) -> Budget | None:
    """Return a budget; `lock` it for a change in the same transaction."""
    query = select(*_COLUMNS).where(budgets.c.budget_id == budget_id, *_seen(scope))
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else Budget(*row)


def list_budgets(
    connection: Connection,
    scope: Scope,
    *,
    project_id: str | None = None,
    is_active: bool | None = None,
    limit: int,
    after: tuple[int, str] | None = None,
) -> list[Budget]:
    """Return budgets, newest first, behind (created_at, budget_id)."""
    place = tuple_(budgets.c.created_at, budgets.c.budget_id)
    query = select(*_COLUMNS).where(*_wanted(scope, project_id, is_active))
    if after is not None:
        query = query.where(place < after)
    query = query.order_by(budgets.c.created_at.desc(), budgets.c.budget_id.desc()).limit(limit)
    return [Budget(*row) for row in connection.execute(query)]


def count_budgets(
    connection: Connection, scope: Scope, *, project_id: str | None = None, is_active: bool | None = None
) -> int:
    """Return how many budgets there are."""
    query = select(func.count()).select_from(budgets).where(*_wanted(scope, project_id, is_active))
    count: int = connection.execute(query).scalar_one()
    return count


def save_budget(connection: Connection, budget: Budget, before: Budget) -> None:
    """Store a change; where the period is another now, the alerts raised until now are over.

    Thresholds that are others now raise their alerts of the present period again.
    """
    connection.execute(update(budgets).where(budgets.c.budget_id == budget.budget_id).values(_values(budget)))
    if budget.period != before.period:
        connection.execute(
            update(budget_alerts)
            .where(budget_alerts.c.budget_id == budget.budget_id, budget_alerts.c.resolved_at.is_(None))
            .values(resolved_at=budget.updated_at)
        )
    moved = [severity for severity in SEVERITIES if budget.threshold(severity) != before.threshold(severity)]
    present = period_of(budget.period, budget.updated_at // DAY_MICROS).start * DAY_MICROS
    raised = budget_alerts.c.budget_id == budget.budget_id, budget_alerts.c.period_start == present
    connection.execute(delete(budget_alerts).where(*raised, budget_alerts.c.severity.in_(moved)))


def delete_budget(connection: Connection, budget_id: str) -> None:
    """Delete a budget with its alerts."""
    connection.execute(delete(budget_alerts).where(budget_alerts.c.budget_id == budget_id))
    connection.execute(delete(budgets).where(budgets.c.budget_id == budget_id))


def active_budgets(connection: Connection) -> list[Budget]:
    """Return all budgets that raise alerts."""
    return [Budget(*row) for row in connection.execute(select(*_COLUMNS).where(budgets.c.is_active))]


def spent_by_day(connection: Connection, project_id: str, first_day: int, now: int) -> dict[int, Spent]:
    """Return what the requests of a project cost that began on each day, from a day on until now."""
    period = Period(first_day * DAY_MICROS, max(now, first_day * DAY_MICROS + 1), now)
    covered = cover_question(connection, CostQuestion(Scope.of([project_id]), period, {}), DAY)
    return spent_over_time(connection, covered, DAY)


def alerts_since(connection: Connection, budget_id: str, first: int) -> list[Alert]:
    """Return the alerts of a budget of periods that began at a time or later, newest first."""
    query = select(*_ALERT_COLUMNS).where(budget_alerts.c.budget_id == budget_id)
    query = query.where(budget_alerts.c.period_start >= first)
    newest = query.order_by(
        budget_alerts.c.period_start.desc(), budget_alerts.c.triggered_at.desc(), budget_alerts.c.severity
    )
    return [Alert(*row) for row in connection.execute(newest)]


def raised_since(connection: Connection, first: int) -> set[tuple[str, int, str]]:
    """Return budget, period and severity of the alerts of periods that began at a time or later."""
    query = select(*_ALERT_KEY).where(budget_alerts.c.period_start >= first)
    return {(row[0], row[1], row[2]) for row in connection.execute(query)}


def raise_alerts(connection: Connection, reached: Iterable[Reached], now: int) -> list[Alert]:
    """Store alerts and tell of them; return those that are new.

    A budget that is gone, or not what it was when its costs were looked at, raises none.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    new: list[Alert] = []
    happened = []
    for one in sorted(reached, key=lambda one: one.key):
        # Locked, so that it is not changed or deleted meanwhile.
        if get_budget(connection, Scope.everything(), one.budget.budget_id, lock=True) != one.budget:
            continue
        alert = _alert(one, now)
        statement = dialect.insert(budget_alerts).values(dict(zip(_names(Alert), astuple(alert), strict=True)))
        stored = connection.execute(
            statement.on_conflict_do_nothing(index_elements=_ALERT_KEY).returning(budget_alerts.c.alert_id)
        )
        if stored.scalar_one_or_none() is not None:
            new.append(alert)
            happened.append(make_event(COST_THRESHOLD, one.budget.project_id, _event(one, alert), now))
    record_events(connection, happened)
    return new


def _alert(one: Reached, now: int) -> Alert:
    return Alert(
        alert_id=str(uuid.uuid4()),
        budget_id=one.budget.budget_id,
        period_start=one.period_start,
        severity=one.severity,
        current_cost=one.cost,
        threshold_value=usd(one.budget.threshold(one.severity)),
        percentage_used=one.budget.percent_used(one.cost),
        message=one.message,
        triggered_at=now,
        resolved_at=None,
    )


def _event(one: Reached, alert: Alert) -> event_pb2.CostThresholdEvent:
    return event_pb2.CostThresholdEvent(
        threshold_value=alert.threshold_value,
        current_value=usd(alert.current_cost),
        period=one.budget.period,
        budget_id=alert.budget_id,
        severity=alert.severity,
    )


def _wanted(scope: Scope, project_id: str | None, is_active: bool | None) -> list[ColumnElement[bool]]:
    conditions = _seen(scope)
    if project_id is not None:
        conditions.append(budgets.c.project_id == project_id)
    if is_active is not None:
        conditions.append(budgets.c.is_active == is_active)
    return conditions


def _seen(scope: Scope) -> list[ColumnElement[bool]]:
    return [] if scope.projects is None else [budgets.c.project_id.in_(sorted(scope.projects))]


def _values(budget: Budget) -> dict[str, Any]:
    return dict(zip(_names(Budget), astuple(budget), strict=True))


def _names(record: type[Any]) -> list[str]:
    return [field.name for field in fields(record)]
