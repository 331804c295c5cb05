"""Alerts of budgets: those that are due by every single request, once each, whoever raises them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from controller.budget_watch import alerts_due
from controller.query.costs.budget_periods import PERIODS, period_of
from controller.query.costs.budgets import Budget, Reached
from controller.scope import Scope
from controller.store.budgets import (
    alerts_since,
    count_budgets,
    delete_budget,
    get_budget,
    insert_budget,
    list_budgets,
    raise_alerts,
    save_budget,
)
from controller.store.events import read_events
from tests.integration.store.priced_requests import DAY, some_contexts, store

NOW = 1_790_000_000_000_000 // DAY * DAY + DAY // 2


def budget(number: int, **changes: object) -> Budget:
    plain = Budget(
        budget_id=f"budget-{number:04}",
        project_id="shop",
        name=f"budget {number}",
        amount=10**9,
        period="monthly",
        threshold_type="percentage",
        warning_threshold=80.0,
        critical_threshold=100.0,
        created_at=number // 3,
        updated_at=number // 3,
        is_active=True,
    )
    return replace(plain, **changes)


async def test_alerts_are_due_where_every_request_says_so(open_one):
    database, rng = await open_one(), np.random.default_rng(2)
    contexts = some_contexts(rng, 6)
    times = NOW - rng.integers(1, 300 * DAY, 300)
    requests = [r for r in await database.write(lambda c: store(c, contexts, times, 3)) if r.counted]
    projects = sorted({context.project_id for context in contexts})
    budgets, due = [], set()
    for number in range(40):
        project, kind = str(rng.choice(projects)), str(rng.choice(PERIODS))
        days = period_of(kind, NOW // DAY)
        cost = sum(r.cost for r in requests if r.context.project_id == project and r.ts // DAY in days)
        amount = max(1, int(cost * rng.choice([0.5, 0.999, 1.0, 1.001, 1.2, 1.3])))
        made = budget(number, project_id=project, period=kind, amount=amount, is_active=bool(rng.random() < 0.8))
        budgets.append(made)
        due |= {
            (made.budget_id, days.start * DAY, severity)
            for severity, percent in (("warning", 80), ("critical", 100))
            if made.is_active and cost >= round(amount * percent / 100)
        }
    for made in budgets:
        await database.write(lambda c, b=made: insert_budget(c, b, most=1_000))
    found = await database.read(lambda c: alerts_due(c, NOW))
    assert {one.key for one in found} == due
    assert 10 < len(due) < 100
    raised = await database.write(lambda c: raise_alerts(c, found, NOW))
    assert len(raised) == len(due)
    assert await database.read(lambda c: alerts_due(c, NOW)) == []


@pytest.mark.parametrize("changes", [{"warning_threshold": 50.0}, {"is_active": False}, {"amount": 10**12}])
async def test_a_budget_that_was_changed_since_it_was_looked_at_raises_nothing(open_one, changes):
    database, made = await open_one(), budget(1)
    await database.write(lambda c: insert_budget(c, made, most=10))
    due = [Reached(made, NOW // DAY * DAY, severity, made.amount) for severity in ("warning", "critical")]
    await database.write(lambda c: save_budget(c, replace(made, **changes), made))
    assert await database.write(lambda c: raise_alerts(c, due, NOW)) == []
    assert await database.read(lambda c: alerts_since(c, made.budget_id, 0)) == []


async def test_two_controllers_raise_an_alert_once_and_tell_of_it_once(open_one):
    one, other = await open_one(), await open_one()
    context = some_contexts(np.random.default_rng(1), 1)[0]
    await one.write(lambda c: store(c, [context], np.full(50, NOW - 1_000_000), 4))
    made = [budget(n, project_id=context.project_id, amount=1) for n in range(10)]
    for new in made:
        await one.write(lambda c, b=new: insert_budget(c, b, most=1_000))
    due = [await database.read(lambda c: alerts_due(c, NOW)) for database in (one, other)]
    assert len(due[0]) == len(due[1]) == 20
    raised = await asyncio.gather(
        *(
            database.write(lambda c, part=part: raise_alerts(c, part, NOW))
            for database, found in zip((one, other), due, strict=True)
            for part in (found[:10], found[10:])
        )
    )
    assert sorted(alert.message for part in raised for alert in part) == sorted(r.message for r in due[0])
    told = [e.message.cost_threshold for e in await one.read(lambda c: read_events(c, after=0, limit=100))]
    assert sorted((e.budget_id, e.severity) for e in told) == sorted(
        (r.budget.budget_id, r.severity) for r in due[0]
    )
    assert {(e.project_id, e.period) for e in told} == {(context.project_id, "monthly")}
    # The next period is another matter, and a budget that is deleted meanwhile none any more.
    await one.write(lambda c: delete_budget(c, "budget-0000"))
    assert len(await one.write(lambda c: raise_alerts(c, due[0], NOW))) == 0
    later = [replace(r, period_start=r.period_start + 31 * DAY) for r in due[0]]
    assert len(await one.write(lambda c: raise_alerts(c, later, NOW))) == 18


async def test_budgets_are_kept_listed_and_limited(open_one):
    database = await open_one()
    made = [budget(n, project_id=["shop", "search"][n % 2], is_active=n % 3 > 0) for n in range(12)]
    for new in made:
        assert await database.write(lambda c, b=new: insert_budget(c, b, most=6)) == new
    again = replace(made[0], name="other")
    assert await database.write(lambda c: insert_budget(c, again, most=6)) == made[0]
    assert await database.write(lambda c: insert_budget(c, budget(90), most=6)) is None
    newest_first = sorted(made, key=lambda b: (b.created_at, b.budget_id), reverse=True)
    everything, one = Scope.everything(), Scope.of(["shop"])
    for scope, project_id, is_active in (
        (everything, None, None),
        (everything, "search", True),
        (one, None, False),
        (one, "search", None),
        (Scope.of([]), None, None),
    ):
        wanted = [
            b
            for b in newest_first
            if scope.holds(b.project_id)
            and project_id in (None, b.project_id)
            and is_active in (None, b.is_active)
        ]
        asked = {"project_id": project_id, "is_active": is_active}
        found, after = [], None
        while page := await database.read(
            lambda c, s=scope, a=after, k=asked: list_budgets(c, s, limit=2, after=a, **k)
        ):
            found += page
            after = (page[-1].created_at, page[-1].budget_id)
        assert found == wanted
        assert await database.read(lambda c, s=scope, k=asked: count_budgets(c, s, **k)) == len(wanted)
    assert await database.read(lambda c: get_budget(c, Scope.of(["search"]), made[0].budget_id)) is None


@pytest.mark.parametrize(("period", "resolved_at"), [("monthly", None), ("daily", NOW)])
async def test_alerts_are_over_when_the_period_is_another_one(open_one, period, resolved_at):
    database = await open_one()
    context = some_contexts(np.random.default_rng(1), 1)[0]
    await database.write(lambda c: store(c, [context], np.full(9, NOW - 1_000_000), 4))
    made = budget(1, project_id=context.project_id, amount=1)
    await database.write(lambda c: insert_budget(c, made, most=1))
    await database.write(lambda c: raise_alerts(c, alerts_due(c, NOW), NOW - 5))
    changed = replace(made, period=period, updated_at=NOW, name="new")
    await database.write(lambda c: save_budget(c, changed, made))
    assert await database.read(lambda c: get_budget(c, Scope.everything(), made.budget_id)) == changed
    found = await database.read(lambda c: alerts_since(c, made.budget_id, 0))
    assert [(alert.severity, alert.resolved_at) for alert in found] == [
        ("critical", resolved_at),
        ("warning", resolved_at),
    ]


async def test_threshold_that_was_moved_raises_its_alert_of_this_period_again(open_one):
    database = await open_one()
    context = some_contexts(np.random.default_rng(1), 1)[0]
    made = budget(1, project_id=context.project_id, amount=1)
    await database.write(lambda c: insert_budget(c, made, most=1))
    earlier = Reached(made, NOW - 40 * DAY, "warning", 5)
    await database.write(lambda c: raise_alerts(c, [earlier], NOW - 40 * DAY))

    async def spend(run: int) -> list[str]:
        await database.write(lambda c: store(c, [context], np.full(9, NOW - 1_000_000), 4, run=run))
        raised = await database.write(lambda c: raise_alerts(c, alerts_due(c, NOW), NOW))
        return sorted(alert.severity for alert in raised)

    async def change(**values: object) -> None:
        before = await database.read(lambda c: get_budget(c, Scope.everything(), made.budget_id))
        await database.write(lambda c: save_budget(c, replace(before, updated_at=NOW, **values), before))

    assert await spend(1) == ["critical", "warning"]
    await change(name="the same thresholds", is_active=True)
    assert await spend(2) == []
    await change(amount=10**15)
    assert await spend(3) == []
    await change(amount=100)
    assert await spend(4) == ["critical", "warning"]
    await change(critical_threshold=90.0)
    assert await spend(5) == ["critical"]
    alerts = await database.read(lambda c: alerts_since(c, made.budget_id, 0))
    assert [(alert.severity, alert.period_start) for alert in alerts][-1] == ("warning", NOW - 40 * DAY)
    assert len(alerts) == 3
