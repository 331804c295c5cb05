"""Watches what projects spend, and raises the alerts of their budgets.

Not with each batch: what is stored is looked at together, seconds later, beside the way of the samples.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, defaultdict
from collections.abc import Callable

import structlog

from controller.query.costs.budgets import Reached, periods_to_look_at, reached
from controller.query.metrics.parameters import DAY_MICROS
from controller.store.budgets import active_budgets, raise_alerts, raised_since, spent_by_day
from controller.store.database import Connection, Database
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError

log = structlog.get_logger()

LOOK_SECONDS = 1.0
# Of all time at most one part in so many goes into looking, however much there is to look at.
REST = 20


class BudgetWatch:
    """Raises alerts while `run` runs. Several controllers may do so over one database.

    Attributes:
        raised: How many this one has raised, by severity.
    """

    def __init__(self, database: Database, stored: Callable[[], int]) -> None:
        """`stored` returns the number of requests that this controller has stored."""
        self._database = database
        self._stored = stored
        self._changed = asyncio.Event()
        self.raised: Counter[str] = Counter()

    def look(self) -> None:
        """Look soon, though no request was stored: a budget has changed."""
        self._changed.set()

    async def run(self) -> None:
        """Look after requests were stored, for ever; and at first, for others may have stored some and died."""
        looked_at, pause = -1, LOOK_SECONDS
        while True:
            stored = self._stored()
            if stored != looked_at or self._changed.is_set():
                self._changed.clear()
                started = time.monotonic()
                # What could not be looked at now is looked at next time.
                looked_at = stored if await self._look() else -1
                pause = max(LOOK_SECONDS, REST * (time.monotonic() - started))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._changed.wait()

    async def _look(self) -> bool:
        now = wall_micros()
        try:
            due = await self._database.read(lambda c: alerts_due(c, now))
            new = await self._database.write(lambda c: raise_alerts(c, due, now)) if due else []
        except LoadcellError as error:
            log.warning("budgets_not_looked_at", error=str(error.__cause__ or error))
            return False
        except Exception:
            # One budget that cannot be read must not end all alerts.
            log.exception("budgets_not_looked_at")
            return False
        for alert in new:
            self.raised[alert.severity] += 1
            log.warning(
                "budget_alert",
                budget_id=alert.budget_id,
                severity=alert.severity,
                percentage_used=round(alert.percentage_used, 1),
            )
        return True


def alerts_due(connection: Connection, now: int) -> list[Reached]:
    """Return the thresholds that are reached and of which no alert was raised yet."""
    budgets = active_budgets(connection)
    since: dict[str, int] = defaultdict(lambda: now // DAY_MICROS)
    for budget in budgets:
        for days in periods_to_look_at(budget, now):
            since[budget.project_id] = min(since[budget.project_id], days.start)
    costs = {
        project: {day: spent.total for day, spent in spent_by_day(connection, project, first, now).items()}
        for project, first in since.items()
    }
    found = list(reached(budgets, costs, now))
    raised = raised_since(connection, min((one.period_start for one in found), default=now))
    return [one for one in found if one.key not in raised]
