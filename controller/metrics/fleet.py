"""Agents, runs and alerts, as a scrape on another thread has them looked up by the event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as NotInTimeError
from typing import NamedTuple

from controller.agent_states import count_states
from controller.budget_watch import BudgetWatch
from controller.dispatch.dispatcher import Dispatcher
from controller.metrics import names
from controller.query.costs.budgets import SEVERITIES
from controller.scope import Scope
from controller.store.database import Database
from controller.store.run_history import count_by_status
from loadcell.errors import LoadcellError
from loadcell.metric_sheet import Sheet
from loadcell.stats.verdict import CLIENT_LIMITED

PATIENCE_SECONDS = 2.0  # for a database that does not answer: everything else is told without it


class _Seen(NamedTuple):
    agents: dict[str, int]
    runs: dict[str, int]


class FleetMetrics:
    """What the database and the dispatcher know of agents and runs. To be made on the event loop."""

    def __init__(self, database: Database, dispatcher: Dispatcher, budgets: BudgetWatch) -> None:
        self._database, self._dispatcher, self._budgets = database, dispatcher, budgets
        self._loop = asyncio.get_running_loop()

    def fill(self, sheet: Sheet) -> None:
        """Write everything down; what is in the database only when that answers."""
        sheet.add(names.ACTIVE_RUNS, (), sum(not run.ended for run in self._dispatcher.runs))
        sheet.add(names.CLIENT_LIMITED, (), self._dispatcher.tenure.verdicts[CLIENT_LIMITED])
        for severity in SEVERITIES:
            sheet.add(names.BUDGET_ALERTS, (severity,), self._budgets.raised[severity])
        seen = self._ask()
        if seen is not None:
            for state, count in sorted(seen.agents.items()):
                sheet.add(names.AGENTS, (state,), count)
            for status, count in sorted(seen.runs.items()):
                sheet.add(names.RUNS, (status,), count)

    def _ask(self) -> _Seen | None:
        looking = self._look()
        try:
            asked = asyncio.run_coroutine_threadsafe(looking, self._loop)
        except RuntimeError:  # the loop has been closed: the process ends
            looking.close()
            return None
        try:
            return asked.result(PATIENCE_SECONDS)
        except (LoadcellError, NotInTimeError, CancelledError):
            asked.cancel()
            return None

    async def _look(self) -> _Seen:
        return _Seen(
            await count_states(self._database, self._dispatcher),
            await self._database.read(lambda c: count_by_status(c, Scope.everything())),
        )
