"""Costs of what is so old that some rollups of it, or its requests, are no longer kept."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import delete, update

from controller.query.costs.over_time import get_cost_analytics
from controller.query.costs.summary import get_cost_summary
from controller.query.metrics.summary import get_summary
from controller.retention import Ages, retain_once
from controller.scope import Scope
from controller.store import dearest
from controller.store.contexts import Context
from controller.store.schema import traces
from controller.store.schema_queries import rollups
from loadcell.instants import read_time
from loadcell.v1 import cost_pb2, metrics_pb2
from tests.integration.store import priced_requests
from tests.integration.store.priced_requests import DAY, HOUR

NOW = 20_000 * DAY + 5 * HOUR
AT = NOW - 60 * DAY
AGES = Ages(requests=90, minutes=37, hours=210, days=1095)
CONTEXTS = [Context("default", "openai", f"m{n}", "production", None, None, None, "chat", ()) for n in range(4)]
EVERYTHING = Scope.everything()


@pytest.fixture
async def database(open_one):
    return await open_one()


async def summary(database, **period: str):
    request = cost_pb2.GetCostSummaryRequest(**period)
    return (await database.read(lambda c: get_cost_summary(c, request, EVERYTHING, NOW))).data


async def test_the_dearest_requests_are_found_after_their_minutes_are_gone(database, monkeypatch):
    monkeypatch.setattr(dearest, "_LARGE", 10)
    times = AT + np.arange(100) * 500_000
    await database.write(lambda c: priced_requests.store(c, CONTEXTS[:1], times, 1))
    before = await summary(database, start_time="now-70d", end_time="now")
    await retain_once(database, AGES, NOW)
    after = await summary(database, start_time="now-70d", end_time="now")
    assert list(after.top_traces) == list(before.top_traces)
    assert len(after.top_traces) == 10


async def test_rollups_without_requests_do_not_hide_the_dearest_ones_kept(database, monkeypatch):
    monkeypatch.setattr(dearest, "MAX_LOOKS", 60)
    old = np.concatenate([NOW - days * DAY + np.arange(20) for days in range(100, 130)])
    await database.write(lambda c: priced_requests.store(c, CONTEXTS, old, 1))
    new = await database.write(lambda c: priced_requests.store(c, CONTEXTS, NOW - DAY + np.arange(30), 2, run=5))
    dear = update(rollups).where(rollups.c.bucket * rollups.c.grain < (NOW - 95 * DAY) // 10**6)
    await database.write(lambda c: c.execute(dear.values(cost_max=10**15)))
    await database.write(lambda c: c.execute(delete(traces).where(traces.c.ts < NOW - 90 * DAY)))
    costs = sorted((one.cost for one in new if one.counted), reverse=True)[:10]
    found = (await summary(database, start_time="now-365d", end_time="now")).top_traces
    assert [round(one.cost * 1e9) for one in found] == costs


@pytest.mark.parametrize("others", [True, False])
async def test_costs_and_metrics_agree_after_the_minutes_are_gone(database, others):
    times = AT + np.arange(360) * 10_000_000
    stored = await database.write(lambda c: priced_requests.store(c, CONTEXTS[:1], times, 1))
    if others:  # of which there are minutes
        late = NOW - HOUR + np.arange(5)
        await database.write(lambda c: priced_requests.store(c, CONTEXTS[:1], late, 2, run=3))
    await retain_once(database, AGES, NOW)
    first, end = AT + HOUR // 3 + 500_000, AT + 2 * HOUR
    counted = [one for one in stored if one.counted and first <= one.ts < end]
    period = {"start_time": iso(first), "end_time": iso(end)}
    costs = (await summary(database, **period)).overview
    asked = metrics_pb2.GetMetricsSummaryRequest(**period)
    metrics = (await database.read(lambda c: get_summary(c, asked, EVERYTHING, NOW))).data.current_period
    assert costs.total_requests == metrics.total_requests == len(counted)
    request = cost_pb2.GetCostAnalyticsRequest(granularity="1min", **period)
    over_time = (await database.read(lambda c: get_cost_analytics(c, request, EVERYTHING, NOW))).data
    assert sum(one.request_count for one in over_time.time_series) == over_time.request_count == len(counted)


def iso(micros: int) -> str:
    text = str(np.datetime64(micros, "us")) + "Z"
    assert read_time(text, NOW, "time").micros == micros
    return text
