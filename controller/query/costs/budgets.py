"""Budgets: what a project wants to spend in a period at most, and when it is told that it spends too much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from controller.query.costs.budget_periods import period_of
from controller.query.costs.question import usd
from controller.query.metrics.parameters import DAY_MICROS
from loadcell.stats.pricing import NANO_PER_USD

PERCENTAGE, ABSOLUTE = "percentage", "absolute"
THRESHOLD_TYPES = (ABSOLUTE, PERCENTAGE)
SEVERITIES = ("warning", "critical")
# Requests are stored seconds after they began, and later when an agent was cut off: so a period is still looked
# at for a while after it has ended.
LATE_MICROS = 3_600 * 1_000_000


@dataclass(frozen=True, slots=True)
class Budget:
    """A budget. `amount` is nano-USD for each period, times are microseconds since 1970.

    Thresholds are USD (absolute) or percent of the amount (percentage).
    """

    budget_id: str
    project_id: str
    name: str
    amount: int
    period: str
    threshold_type: str
    warning_threshold: float
    critical_threshold: float
    created_at: int
    updated_at: int
    is_active: bool

    def threshold(self, severity: str) -> int:
        """Return the cost in nano-USD from which on an alert of a severity is raised."""
        value = self.warning_threshold if severity == SEVERITIES[0] else self.critical_threshold
        return round(value * NANO_PER_USD if self.threshold_type == ABSOLUTE else self.amount * value / 100)

    def percent_used(self, cost: int) -> float:
        """Return how much of the amount a cost in nano-USD is."""
        return cost / self.amount * 100


@dataclass(frozen=True, slots=True)
class Alert:
    """A threshold was reached in the period that began at `period_start` (microseconds since 1970).

    `current_cost` is nano-USD, `threshold_value` USD.
    """

    alert_id: str
    budget_id: str
    period_start: int
    severity: str
    current_cost: int
    threshold_value: float
    percentage_used: float
    message: str
    triggered_at: int
    resolved_at: int | None


@dataclass(frozen=True, slots=True)
class Reached:
    """A threshold of a budget that the cost of a period (nano-USD) has reached."""

    budget: Budget
    period_start: int
    severity: str
    cost: int

    @property
    def key(self) -> tuple[str, int, str]:
        """What there is one alert of at most."""
        return self.budget.budget_id, self.period_start, self.severity

    @property
    def message(self) -> str:
        """One sentence for people."""
        budget = self.budget
        return (
            f"Budget {budget.name!r} of project {budget.project_id!r} has reached its {self.severity} threshold of"
            f" {usd(budget.threshold(self.severity)):,.2f} USD: {usd(self.cost):,.2f} of"
            f" {usd(budget.amount):,.2f} USD ({budget.percent_used(self.cost):.0f} %) of its {budget.period}"
            " period are spent."
        )


def periods_to_look_at(budget: Budget, now: int) -> list[range]:
    """Return the days of the present period of a budget, and of the one before while it still gets requests."""
    found = {period_of(budget.period, at // DAY_MICROS) for at in (now, now - LATE_MICROS)}
    return sorted(
        (days for days in found if days.stop * DAY_MICROS > budget.created_at), key=lambda days: days.start
    )


def reached(budgets: Iterable[Budget], costs: Mapping[str, Mapping[int, int]], now: int) -> Iterator[Reached]:
    """Yield the thresholds that are reached, by the costs (nano-USD) of each project by day."""
    for budget in budgets:
        daily = costs.get(budget.project_id, {})
        for days in periods_to_look_at(budget, now):
            cost = sum(daily.get(day, 0) for day in days)
            for severity in SEVERITIES:
                if cost >= budget.threshold(severity):
                    yield Reached(budget, days.start * DAY_MICROS, severity, cost)
