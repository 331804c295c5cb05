"""The part of CostService that is about budgets."""

# Names and signatures are those of the generated classes.
# ruff: noqa: N802

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from controller.access.principal import note_project
from controller.query import cursor
from controller.query.costs.budget_periods import latest_periods
from controller.query.costs.budget_requests import budget_message, changed_budget, history, new_budget
from controller.query.costs.budgets import Budget
from controller.query.costs.parameters import read_limit
from controller.query.costs.question import check_project
from controller.query.metrics.parameters import DAY_MICROS
from controller.query.traces.values import read_number, read_text
from controller.scope import Scope
from controller.services.answers import Answers
from controller.services.caller import scope_of
from controller.store.budgets import (
    alerts_since,
    count_budgets,
    delete_budget,
    get_budget,
    insert_budget,
    list_budgets,
    save_budget,
    spent_by_day,
)
from controller.store.database import Connection, Database
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.v1 import cost_pb2, cost_pb2_grpc, envelope_pb2

log = structlog.get_logger()

MAX_BUDGETS = 1_000  # of a project
_DEFAULT_PERIODS, _MAX_PERIODS = 12, 366


class BudgetMethods(cost_pb2_grpc.CostServiceServicer):
    """Making, changing and looking at budgets. `on_change` is called when one was made or changed."""

    def __init__(self, database: Database, answers: Answers, on_change: Callable[[], None]) -> None:
        self._budgets = database
        self._budget_answers = answers
        self._on_change = on_change

    async def CreateBudget(
        self, request: cost_pb2.CreateBudgetRequest, context: Any
    ) -> cost_pb2.CreateBudgetResponse:
        """Create a budget; a repeat with the same request_id returns the first one."""
        scope, now = scope_of(context), wall_micros()

        async def create() -> cost_pb2.CreateBudgetResponse:
            budget = new_budget(request, scope, now)
            stored = await self._budgets.write(
                lambda c: insert_budget(c, budget, most=MAX_BUDGETS), repeatable=True
            )
            if stored is None:
                raise LoadcellError(
                    "LIMIT_EXCEEDED",
                    f"project {budget.project_id} has {MAX_BUDGETS:,} budgets already; delete one",
                    field="project_id",
                )
            log.info("budget_created", budget_id=stored.budget_id, project_id=stored.project_id)
            self._on_change()
            return cost_pb2.CreateBudgetResponse(data=budget_message(stored))

        return await self._budget_answers.give(None, request, scope, create)

    async def ListBudgets(
        self, request: cost_pb2.ListBudgetsRequest, context: Any
    ) -> cost_pb2.ListBudgetsResponse:
        """Return a page of budgets."""
        scope = scope_of(context)
        return await self._budget_answers.give(
            None, request, scope, lambda: self._budgets.read(lambda c: _page(c, request, scope))
        )

    async def GetBudget(self, request: cost_pb2.GetBudgetRequest, context: Any) -> cost_pb2.GetBudgetResponse:
        """Return a budget."""
        scope = scope_of(context)

        def read(connection: Connection) -> cost_pb2.GetBudgetResponse:
            return cost_pb2.GetBudgetResponse(data=budget_message(_require(connection, scope, request.budget_id)))

        return await self._budget_answers.give(None, request, scope, lambda: self._budgets.read(read))

    async def UpdateBudget(
        self, request: cost_pb2.UpdateBudgetRequest, context: Any
    ) -> cost_pb2.UpdateBudgetResponse:
        """Change a budget."""
        scope, now = scope_of(context), wall_micros()

        def change(connection: Connection) -> Budget:
            budget = _require(connection, scope, request.budget_id, lock=True)
            changed = changed_budget(budget, request, now)
            save_budget(connection, changed, budget)
            return changed

        async def store() -> cost_pb2.UpdateBudgetResponse:
            changed = await self._budgets.write(change, repeatable=True)
            note_project(changed.project_id)
            log.info("budget_changed", budget_id=changed.budget_id, project_id=changed.project_id)
            self._on_change()
            return cost_pb2.UpdateBudgetResponse(data=budget_message(changed))

        return await self._budget_answers.give(None, request, scope, store)

    async def DeleteBudget(
        self, request: cost_pb2.DeleteBudgetRequest, context: Any
    ) -> cost_pb2.DeleteBudgetResponse:
        """Delete a budget."""
        scope = scope_of(context)

        def remove(connection: Connection) -> Budget:
            budget = _require(connection, scope, request.budget_id, lock=True)
            delete_budget(connection, budget.budget_id)
            return budget

        async def store() -> cost_pb2.DeleteBudgetResponse:
            budget = await self._budgets.write(remove)
            note_project(budget.project_id)
            log.info("budget_deleted", budget_id=budget.budget_id, project_id=budget.project_id)
            return cost_pb2.DeleteBudgetResponse(data=budget_message(budget))

        return await self._budget_answers.give(None, request, scope, store)

    async def GetBudgetHistory(
        self, request: cost_pb2.GetBudgetHistoryRequest, context: Any
    ) -> cost_pb2.GetBudgetHistoryResponse:
        """Return what a budget was used for."""
        scope, now = scope_of(context), wall_micros()
        return await self._budget_answers.give(
            None, request, scope, lambda: self._budgets.read(lambda c: _history(c, request, scope, now))
        )


def _require(connection: Connection, scope: Scope, budget_id: str, *, lock: bool = False) -> Budget:
    budget = get_budget(connection, scope, budget_id, lock=lock)
    if budget is None:
        raise LoadcellError(
            "RESOURCE_NOT_FOUND", f"there is no budget {budget_id[:64]}, or it is not yours", field="budget_id"
        )
    return budget


def _page(
    connection: Connection, request: cost_pb2.ListBudgetsRequest, scope: Scope
) -> cost_pb2.ListBudgetsResponse:
    project_id = read_text(request.project_id, "project_id") if request.project_id else None
    check_project(project_id, scope)
    is_active = request.is_active if request.HasField("is_active") else None
    limit = cursor.page_size(request.limit if request.HasField("limit") else None)
    question = f"budgets {project_id} {is_active}"
    after = None
    if request.cursor:
        created_at, budget_id = cursor.decode(request.cursor, question, (int, str))
        after = (int(read_number(created_at, "cursor")), read_text(budget_id, "cursor"))
    found = list_budgets(
        connection, scope, project_id=project_id, is_active=is_active, limit=limit + 1, after=after
    )
    page, next_cursor = found[:limit], None
    if len(found) > limit:
        next_cursor = cursor.encode(question, [page[-1].created_at, page[-1].budget_id])
    return cost_pb2.ListBudgetsResponse(
        data=[budget_message(budget) for budget in page],
        pagination=envelope_pb2.Pagination(
            cursor=next_cursor,
            has_more=next_cursor is not None,
            limit=limit,
            total=count_budgets(connection, scope, project_id=project_id, is_active=is_active),
        ),
    )


def _history(
    connection: Connection, request: cost_pb2.GetBudgetHistoryRequest, scope: Scope, now: int
) -> cost_pb2.GetBudgetHistoryResponse:
    count = read_limit(
        request.limit if request.HasField("limit") else _DEFAULT_PERIODS, "limit", most=_MAX_PERIODS
    )
    budget = _require(connection, scope, request.budget_id)
    periods = latest_periods(budget.period, now // DAY_MICROS, count)
    first = periods[-1].start
    return cost_pb2.GetBudgetHistoryResponse(
        data=history(
            budget,
            periods,
            spent_by_day(connection, budget.project_id, first, now),
            alerts_since(connection, budget.budget_id, first * DAY_MICROS),
            now,
        )
    )
