"""Requests are found by when they began, also those of runs whose keys are of a day that is still to come."""

from __future__ import annotations

import numpy as np
import pytest

from controller.query.costs.over_time import get_cost_analytics
from controller.query.costs.summary import get_cost_summary
from controller.query.metrics.series import get_metrics
from controller.query.traces.parameters import ask as ask_traces
from controller.query.traces.parameters import read_parameters
from controller.scope import Scope
from controller.store.contexts import Context
from controller.store.run_keys import first_key
from controller.store.traces.listing import list_traces
from loadcell.v1 import cost_pb2, metrics_pb2
from tests.integration.store import priced_requests
from tests.integration.store.priced_requests import DAY, HOUR

NOW = 20_000 * DAY + 5 * HOUR + 1_234_567
CONTEXT = Context("default", "openai", "gpt-4o", "production", None, None, None, "chat", ())
EVERYTHING = Scope.everything()


@pytest.fixture
async def world(open_one, monkeypatch):
    """A database after a run of a clock that was days ahead: the keys of later runs never go back."""
    monkeypatch.setattr(priced_requests, "first_key", lambda at: first_key(at + 3 * DAY))
    database = await open_one()
    times = NOW - 10_000_000 + np.arange(100) * 100_000
    stored = await database.write(lambda c: priced_requests.store(c, [CONTEXT], times, 1))
    return database, [one for one in stored if one.counted], len(stored)


async def test_requests_are_counted_and_listed(world):
    database, counted, count = world

    async def ask(answer, request):
        return (await database.read(lambda c: answer(c, request, EVERYTHING, NOW))).data

    costs = await ask(get_cost_analytics, cost_pb2.GetCostAnalyticsRequest(granularity="raw"))
    assert (costs.request_count, sum(one.request_count for one in costs.time_series)) == (len(counted),) * 2
    period = {"start_time": "now-1h", "end_time": "now"}
    summary = await ask(get_cost_summary, cost_pb2.GetCostSummaryRequest(**period))
    assert len(summary.top_traces) == min(10, sum(one.cost > 0 for one in counted))
    for more in ({"aggregation": "max"}, {"group_by": ["status_code"]}):
        request = metrics_pb2.GetMetricsRequest(metrics=["request_count"], interval="1hour", **period, **more)
        rows = (await ask(get_metrics, request)).data
        assert sum(row["request_count"] for row in rows) == len(counted)
    question = ask_traces(read_parameters({"from": "now-1h", "to": "now", "limit": 1_000}), NOW)
    assert len((await database.read(lambda c: list_traces(c, question, EVERYTHING))).records) == count
