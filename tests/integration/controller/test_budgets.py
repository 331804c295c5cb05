"""Budgets over gRPC, and alerts and prices that follow what is stored."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import grpc
import numpy as np
import pytest
from scripted_agent import columns

from controller.query.costs.budget_periods import latest_periods
from controller.store.migrate import open_database
from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import cost_pb2, cost_pb2_grpc, event_pb2, event_pb2_grpc
from tests.integration.store.priced_requests import DAY, some_contexts, store

CREATE, UPDATE = cost_pb2.CreateBudgetRequest, cost_pb2.UpdateBudgetRequest
LIST, HISTORY = cost_pb2.ListBudgetsRequest, cost_pb2.GetBudgetHistoryRequest
GET, DELETE = cost_pb2.GetBudgetRequest, cost_pb2.DeleteBudgetRequest


async def refusal(call) -> tuple[str, str | None]:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    error = from_rpc_error(refused.value)
    return error.reason, error.field


async def test_budgets_are_made_changed_listed_and_deleted(start, place):
    costs = cost_pb2_grpc.CostServiceStub((await start(database=place)).channel)
    key = str(uuid.uuid4())
    made = (await costs.CreateBudget(CREATE(name="all", amount=12.5, request_id=key))).data
    assert (made.project_id, made.org_id, made.period, made.threshold_type) == (
        "default",
        "default",
        "monthly",
        "percentage",
    )
    assert (made.amount, made.warning_threshold, made.critical_threshold, made.is_active) == (12.5, 80, 100, True)
    assert made.created_at == made.updated_at
    assert (await costs.CreateBudget(CREATE(name="again", amount=1, request_id=key))).data == made
    elsewhere = (await costs.CreateBudget(CREATE(name="x", amount=1, request_id=key, project_id="shop"))).data
    assert elsewhere.id != made.id
    usd = (
        await costs.CreateBudget(CREATE(name="usd", amount=10, threshold_type="absolute", period="weekly"))
    ).data
    assert (usd.warning_threshold, usd.critical_threshold) == (8, 10)
    assert (await costs.GetBudget(GET(budget_id=usd.id))).data == usd
    changed = (await costs.UpdateBudget(UPDATE(budget_id=usd.id, critical_threshold=20, is_active=False))).data
    assert (changed.critical_threshold, changed.is_active, changed.warning_threshold) == (20, False, 8)
    assert changed.updated_at.ToMicroseconds() >= usd.updated_at.ToMicroseconds()
    assert (changed.name, changed.period, changed.created_at) == (usd.name, usd.period, usd.created_at)
    listed = await costs.ListBudgets(LIST())
    assert [budget.id for budget in listed.data] == [usd.id, elsewhere.id, made.id]
    assert (listed.pagination.total, listed.pagination.has_more, listed.status) == (3, False, "success")
    first = await costs.ListBudgets(LIST(limit=2))
    second = await costs.ListBudgets(LIST(limit=2, cursor=first.pagination.cursor))
    assert [*first.data, *second.data] == list(listed.data)
    assert [b.id for b in (await costs.ListBudgets(LIST(is_active=False))).data] == [usd.id]
    assert [b.id for b in (await costs.ListBudgets(LIST(project_id="shop"))).data] == [elsewhere.id]
    assert await refusal(costs.ListBudgets(LIST(project_id="shop", cursor=first.pagination.cursor))) == (
        "INVALID_CURSOR",
        "cursor",
    )
    assert (await costs.DeleteBudget(DELETE(budget_id=usd.id))).data == changed
    for call in (costs.GetBudget(GET(budget_id=usd.id)), costs.DeleteBudget(DELETE(budget_id=usd.id))):
        assert await refusal(call) == ("RESOURCE_NOT_FOUND", "budget_id")


CREATED = [
    ({"name": ""}, "MISSING_REQUIRED_FIELD", "name"),
    ({"name": "n" * 129}, "INVALID_FIELD_VALUE", "name"),
    ({"name": "a\0b"}, "INVALID_FIELD_VALUE", "name"),
    ({"project_id": "p" * 129}, "INVALID_FIELD_VALUE", "project_id"),
    ({"amount": None}, "MISSING_REQUIRED_FIELD", "amount"),
    ({"amount": 0}, "INVALID_FIELD_VALUE", "amount"),
    ({"amount": -1}, "INVALID_FIELD_VALUE", "amount"),
    ({"amount": float("nan")}, "INVALID_FIELD_VALUE", "amount"),
    ({"amount": float("inf")}, "INVALID_FIELD_VALUE", "amount"),
    ({"amount": 1e308}, "INVALID_FIELD_VALUE", "amount"),
    ({"amount": 1e-12}, "INVALID_FIELD_VALUE", "amount"),
    ({"amount": 1e9 + 1}, "INVALID_FIELD_VALUE", "amount"),
    ({"period": "hourly"}, "INVALID_FIELD_VALUE", "period"),
    ({"threshold_type": "relative"}, "INVALID_FIELD_VALUE", "threshold_type"),
    ({"warning_threshold": 0}, "INVALID_FIELD_VALUE", "warning_threshold"),
    ({"warning_threshold": float("nan")}, "INVALID_FIELD_VALUE", "warning_threshold"),
    ({"critical_threshold": 79}, "INVALID_FIELD_VALUE", "critical_threshold"),
    ({"critical_threshold": float("inf")}, "INVALID_FIELD_VALUE", "critical_threshold"),
    ({"request_id": "twice"}, "INVALID_FIELD_FORMAT", "request_id"),
]
CHANGED = [
    ({"name": " "}, "MISSING_REQUIRED_FIELD", "name"),
    ({"amount": 0}, "INVALID_FIELD_VALUE", "amount"),
    ({"period": ""}, "INVALID_FIELD_VALUE", "period"),
    ({"threshold_type": "x"}, "INVALID_FIELD_VALUE", "threshold_type"),
    ({"warning_threshold": 101}, "INVALID_FIELD_VALUE", "critical_threshold"),
]


async def test_what_is_no_budget_is_refused_by_name(controller):
    costs = cost_pb2_grpc.CostServiceStub(controller.channel)
    for fields, reason, field in CREATED:
        request = CREATE(**{"name": "n", "amount": 1, **fields})
        assert await refusal(costs.CreateBudget(request)) == (reason, field), fields
    made = (await costs.CreateBudget(CREATE(name="n", amount=1))).data
    for fields, reason, field in CHANGED:
        request = UPDATE(budget_id=made.id, **fields)
        assert await refusal(costs.UpdateBudget(request)) == (reason, field), fields
    assert (await costs.GetBudget(GET(budget_id=made.id))).data == made
    for request, field in ((HISTORY(budget_id=made.id, limit=0), "limit"), (LIST(limit=1_001), "limit")):
        method = costs.ListBudgets if isinstance(request, LIST) else costs.GetBudgetHistory
        assert await refusal(method(request)) == ("LIMIT_EXCEEDED", field)
    assert await refusal(costs.GetBudgetHistory(HISTORY(budget_id="no"))) == ("RESOURCE_NOT_FOUND", "budget_id")
    assert await refusal(costs.ListBudgets(LIST(cursor="x"))) == ("INVALID_CURSOR", "cursor")


async def test_history_is_what_every_request_gives(start, place):
    costs = cost_pb2_grpc.CostServiceStub((await start(database=place)).channel)
    now, rng = int(datetime.now(UTC).timestamp()) * 1_000_000, np.random.default_rng(8)
    contexts = some_contexts(rng, 5)
    project = contexts[0].project_id
    database = await open_database(place)
    try:
        times = now - DAY - rng.integers(1, 100 * DAY, 300)
        requests = await database.write(lambda c: store(c, contexts, times, 9))
    finally:
        await database.close()
    requests = [r for r in requests if r.counted and r.context.project_id == project]
    for kind, limit in (("daily", 366), ("weekly", 5), ("monthly", None), ("quarterly", 2), ("yearly", 1)):
        made = await costs.CreateBudget(CREATE(name=kind, amount=3, period=kind, project_id=project))
        history = (await costs.GetBudgetHistory(HISTORY(budget_id=made.data.id, limit=limit))).data
        assert history.budget == made.data
        days = [now // DAY, int(datetime.now(UTC).timestamp()) * 1_000_000 // DAY]  # midnight may have passed
        said = history.periods[0].start_time.ToMicroseconds() // DAY
        periods = next(found for day in days if (found := latest_periods(kind, day, limit or 12))[0].start == said)
        assert [p.start_time.ToMicroseconds() // DAY for p in history.periods] == [p.start for p in periods]
        assert [p.end_time.ToMicroseconds() // DAY for p in history.periods] == [p.stop for p in periods]
        sums = defaultdict(list)
        for request in requests:
            for number, days in enumerate(periods):
                if request.ts // DAY in days:
                    sums[number].append(request.cost)
        for number, period in enumerate(history.periods):
            assert round(period.cost * 1e9) == sum(sums[number])
            assert period.requests == len(sums[number])
            assert period.percentage_used == pytest.approx(period.cost / 3 * 100)


async def until(reached):
    async with asyncio.timeout(30):
        while not (found := await reached()):
            await asyncio.sleep(0.02)
        return found


async def test_prices_set_meanwhile_count_from_then_on_and_spending_raises_an_alert(start, place):
    controller = await start(database=place)
    other = controller if isinstance(place, Path) else await start(database=place)  # another on the same database
    costs = cost_pb2_grpc.CostServiceStub(controller.channel)
    agent = await controller.agent(complete=False)
    budget = (await costs.CreateBudget(CREATE(name="tight", amount=1, critical_threshold=1_000))).data
    events = event_pb2_grpc.EventServiceStub(controller.channel).Subscribe(
        event_pb2.SubscribeRequest(events=["cost_threshold"])
    )
    assert (await events.read()).event_type == "subscribed"
    lease = f"{await controller.create(num_prompts=10_000)}.0.0"
    await agent.until(lambda: lease in agent.starts)
    sent = 0

    async def send() -> cost_pb2.CostOverview:
        nonlocal sent
        sent += 1
        await agent.send(lease, sent, columns([2 * sent, 2 * sent + 1]))
        await agent.until(lambda: agent.acks and agent.acks[-1].committed_batch_number == sent)
        # Another question each time, for answers are kept.
        request = cost_pb2.GetCostSummaryRequest(end_time=f"now+{sent}s", include_trends=False)
        return (await costs.GetCostSummary(request)).data.overview

    overview = await send()
    assert (overview.total_requests, overview.total_cost) == (2, 0)
    price = cost_pb2.SetPricingRequest(model="m", prompt_cost_per_1k=100, completion_cost_per_1k=0)
    await cost_pb2_grpc.CostServiceStub(other.channel).SetPricing(price)

    async def costly() -> cost_pb2.CostOverview | None:
        found = await send()
        return found if found.total_cost else None

    # 5 tokens of a prompt are half a USD; what was stored before stays as it was.
    overview = await until(costly)
    assert (overview.total_cost, overview.total_requests) == (1.0, 2 * sent)

    async def alerts():
        return (await costs.GetBudgetHistory(HISTORY(budget_id=budget.id))).data.alerts

    (alert,) = await until(alerts)
    assert (alert.severity, alert.threshold_value, alert.budget_id) == ("warning", 0.8, budget.id)
    assert (alert.current_cost, alert.percentage_used) == (1.0, 100.0)
    assert not alert.HasField("resolved_at")
    assert "tight" in alert.message
    told = (await events.read()).cost_threshold
    assert (told.budget_id, told.severity, told.project_id) == (budget.id, "warning", "default")
    await send()
    # Of what is reached already nothing more is said; a budget that is changed is looked at without new requests.
    await costs.UpdateBudget(UPDATE(budget_id=budget.id, critical_threshold=90))

    async def both():
        found = await alerts()
        return found if len(found) > 1 else None

    assert sorted(alert.severity for alert in await until(both)) == ["critical", "warning"]
    assert (await events.read()).cost_threshold.severity == "critical"
    events.cancel()
