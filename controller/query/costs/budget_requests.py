"""Budgets as requests say them and as answers show them."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from controller.access.projects import project_of_new
from controller.messages import timestamp
from controller.query.costs.budget_periods import PERIODS, period_of
from controller.query.costs.budgets import PERCENTAGE, THRESHOLD_TYPES, Alert, Budget
from controller.query.costs.question import Spent, usd
from controller.query.metrics.parameters import DAY_MICROS
from controller.scope import Scope
from loadcell.errors import LoadcellError
from loadcell.stats.pricing import NANO_PER_USD
from loadcell.v1 import cost_pb2

MAX_NAME = 128  # characters
MAX_AMOUNT = 1_000_000_000  # USD, of amounts and thresholds
_DEFAULT_PERIOD = "monthly"
_WARNING, _CRITICAL = 80.0, 100.0  # percent of the amount
# Names the budgets that calls with an idempotency key make, so that a repeat finds the first one.
_REPEATABLE = uuid.UUID("6f1d3d0c-7f3e-5b1c-9a51-2b8e6d0f4c77")


def new_budget(request: cost_pb2.CreateBudgetRequest, scope: Scope, now: int) -> Budget:
    """Return the budget that a request describes.

    Raises:
        LoadcellError: a field is missing or wrong, and named; PROJECT_ACCESS_DENIED.
    """
    project_id = _text(project_of_new(request.project_id, scope), "project_id")
    if not request.HasField("amount"):
        raise LoadcellError("MISSING_REQUIRED_FIELD", "amount is required", field="amount")
    amount = _amount(request.amount)
    threshold_type = _word(request.threshold_type or PERCENTAGE, "threshold_type", THRESHOLD_TYPES)
    whole = 100.0 if threshold_type == PERCENTAGE else usd(amount)
    return _checked(
        Budget(
            budget_id=_identifier(request.request_id, project_id),
            project_id=project_id,
            name=_text(request.name, "name"),
            amount=amount,
            period=_word(request.period or _DEFAULT_PERIOD, "period", PERIODS),
            threshold_type=threshold_type,
            warning_threshold=_given(request, "warning_threshold", whole * _WARNING / 100),
            critical_threshold=_given(request, "critical_threshold", whole * _CRITICAL / 100),
            created_at=now,
            updated_at=now,
            is_active=request.is_active if request.HasField("is_active") else True,
        )
    )


def changed_budget(budget: Budget, request: cost_pb2.UpdateBudgetRequest, now: int) -> Budget:
    """Return a budget with the changes that are asked for.

    Raises:
        LoadcellError: a field is wrong, and named.
    """
    changed = replace(
        budget,
        name=_text(request.name, "name") if request.HasField("name") else budget.name,
        amount=_amount(request.amount) if request.HasField("amount") else budget.amount,
        warning_threshold=_given(request, "warning_threshold", budget.warning_threshold),
        critical_threshold=_given(request, "critical_threshold", budget.critical_threshold),
        is_active=request.is_active if request.HasField("is_active") else budget.is_active,
        updated_at=now,
    )
    if request.HasField("period"):
        changed = replace(changed, period=_word(request.period, "period", PERIODS))
    if request.HasField("threshold_type"):
        threshold_type = _word(request.threshold_type, "threshold_type", THRESHOLD_TYPES)
        changed = replace(changed, threshold_type=threshold_type)
    return _checked(changed)


def budget_message(budget: Budget) -> cost_pb2.Budget:
    """Return the message of a budget."""
    return cost_pb2.Budget(
        id=budget.budget_id,
        org_id=budget.project_id,
        project_id=budget.project_id,
        name=budget.name,
        amount=usd(budget.amount),
        period=budget.period,
        threshold_type=budget.threshold_type,
        warning_threshold=budget.warning_threshold,
        critical_threshold=budget.critical_threshold,
        created_at=timestamp(budget.created_at),
        updated_at=timestamp(budget.updated_at),
        is_active=budget.is_active,
    )


def history(
    budget: Budget, periods: Sequence[range], days: Mapping[int, Spent], alerts: Iterable[Alert], now: int
) -> cost_pb2.BudgetHistory:
    """Return what a budget was used for in periods, by what its project spent on each day."""
    answer = cost_pb2.BudgetHistory(budget=budget_message(budget))
    for period in periods:
        spent = sum((days[day] for day in period if day in days), Spent())
        answer.periods.add(
            start_time=timestamp(period.start * DAY_MICROS),
            end_time=timestamp(period.stop * DAY_MICROS),
            cost=usd(spent.total),
            percentage_used=budget.percent_used(spent.total),
            requests=spent.requests,
        )
    answer.alerts.extend(_alert_message(budget, alert, now) for alert in alerts)
    return answer


def _alert_message(budget: Budget, alert: Alert, now: int) -> cost_pb2.BudgetAlert:
    end = period_of(budget.period, alert.period_start // DAY_MICROS).stop * DAY_MICROS
    resolved = alert.resolved_at or (end if end <= now else None)
    return cost_pb2.BudgetAlert(
        id=alert.alert_id,
        budget_id=alert.budget_id,
        org_id=budget.project_id,
        severity=alert.severity,
        current_cost=usd(alert.current_cost),
        threshold_value=alert.threshold_value,
        percentage_used=alert.percentage_used,
        message=alert.message,
        triggered_at=timestamp(alert.triggered_at),
        resolved_at=None if resolved is None else timestamp(resolved),
    )


def _checked(budget: Budget) -> Budget:
    for name in ("warning_threshold", "critical_threshold"):
        value = getattr(budget, name)
        if not (math.isfinite(value) and 0 < value <= MAX_AMOUNT):
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"{name} must be above 0 and at most {MAX_AMOUNT:,}, not {value}",
                field=name,
            )
    if budget.critical_threshold < budget.warning_threshold:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"critical_threshold {budget.critical_threshold:g} is below warning_threshold"
            f" {budget.warning_threshold:g}",
            field="critical_threshold",
        )
    return budget


def _amount(usd_amount: float) -> int:
    nano = round(usd_amount * NANO_PER_USD) if 0 < usd_amount <= MAX_AMOUNT else 0
    if nano == 0:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"amount must be above 0 and at most {MAX_AMOUNT:,}, not {usd_amount}",
            field="amount",
        )
    return nano


def _given(
    request: cost_pb2.CreateBudgetRequest | cost_pb2.UpdateBudgetRequest, name: str, default: float
) -> float:
    value: float = getattr(request, name) if request.HasField(name) else default
    return value


def _word(text: str, where: str, known: Sequence[str]) -> str:
    if text not in known:
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"{where} {text[:64]!r} is not known; known: {', '.join(known)}", field=where
        )
    return text


def _text(text: str, where: str) -> str:
    if not text.strip():
        raise LoadcellError("MISSING_REQUIRED_FIELD", f"{where} must not be empty", field=where)
    if len(text) > MAX_NAME or not text.isprintable():
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"{where} may have {MAX_NAME} printable characters", field=where
        )
    return text


def _identifier(request_id: str, project_id: str) -> str:
    if not request_id:
        return str(uuid.uuid4())
    try:
        key = uuid.UUID(request_id)
    except ValueError as error:
        raise LoadcellError(
            "INVALID_FIELD_FORMAT", f"request_id {request_id[:64]!r} is no UUID", field="request_id"
        ) from error
    return str(uuid.uuid5(_REPEATABLE, f"{key} {project_id}"))
