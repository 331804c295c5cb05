"""GraphQL before a controller with data: the same answers as over HTTP, for the same callers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import insert

from controller.store.database import Connection
from controller.store.migrate import open_database
from controller.store.schema import trace_timelines
from controller.trace_ids import request_key
from gateway.app import make_app
from gateway.bindings import read_bindings
from gateway.contract import SERVICES
from gateway.metrics.http import HttpMetrics
from gateway.upstream import Upstream
from loadcell.channel import dial
from loadcell.client import Client
from loadcell.settings import Secret
from tests.integration.store import random_traces
from tests.integration.store.priced_requests import DAY, Request, some_contexts, store

BOSS = Secret("the key of the settings")
NANO = 1e9


@dataclass
class World:
    http: httpx.AsyncClient
    address: str
    stored: Any
    database: Path
    period: dict[str, str]

    async def ask(self, document: str, key: str = BOSS.reveal(), **variables: object) -> httpx.Response:
        body = {"query": document, "variables": variables}
        return await self.http.post("/graphql", json=body, headers={"X-API-Key": key} if key else {})

    async def data(self, document: str, **variables: object) -> dict[str, Any]:
        answer = await self.ask(document, **variables)
        assert "errors" not in answer.json(), answer.text
        return answer.json()["data"]

    async def rest(self, path: str, **parameters: object) -> Any:
        answer = await self.http.get(f"/api/v1{path}", params=parameters, headers={"X-API-Key": BOSS.reveal()})
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]


def spell(micros: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).isoformat()


@asynccontextmanager
async def gateway(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with dial(address) as channel:
        app = make_app(
            read_bindings(SERVICES), Upstream(channel), HttpMetrics(CollectorRegistry()), before_others=None
        )
        transport = httpx.ASGITransport(app, client=("192.0.2.1", 5_123))
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
            yield http


@asynccontextmanager
async def made(start, place, fill: Callable[[Connection], Any], period: dict[str, str]) -> AsyncIterator[World]:
    controller = await start(database=place, api_key=BOSS)
    database = await open_database(place)
    try:
        stored = await database.write(fill)
    finally:
        await database.close()
    async with gateway(controller.address) as http:
        yield World(http, controller.address, stored, place, period)


@pytest.fixture
async def traced(start, tmp_path) -> AsyncIterator[World]:
    """A gateway before a controller that knows traces of every kind."""
    period = {"from": spell(random_traces.NOW - DAY), "to": spell(random_traces.NOW + DAY)}
    async with made(start, tmp_path / "loadcell.db", random_traces.fill_ended, period) as world:
        yield world


@pytest.fixture
async def priced(start, tmp_path) -> AsyncIterator[World]:
    """A gateway before a controller that knows what the requests of 120 days cost."""
    midnight = int(datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()) * 1_000_000
    rng = np.random.default_rng(11)
    contexts = [
        replace(one, service_name=("chat", None, "search")[number % 3])
        for number, one in enumerate(some_contexts(rng, 8))
    ]
    times = midnight - DAY - rng.integers(1, 120 * DAY, 300)
    period = {"from": spell(midnight - 121 * DAY), "to": spell(midnight - DAY)}

    def fill(connection: Connection) -> list[Request]:
        return [one for one in store(connection, contexts, times, 12) if one.counted]

    async with made(start, tmp_path / "loadcell.db", fill, period) as world:
        yield world


TRACES = """query Page($cursor: String, $filter: TraceFilter) {
  tracePage(cursor: $cursor, limit: 70, filter: $filter) {
    data {
      id traceId timestamp ts model duration durationMs cost tokenCount metadata
      spans { spanId parentSpanId }
    }
    pagination { cursor hasMore limit }
  }
}"""


async def test_traces_are_those_of_the_list_page_by_page(traced):
    seen: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = (await traced.data(TRACES, cursor=cursor, filter={"status": "OK"}))["tracePage"]
        seen += page["data"]
        cursor = page["pagination"]["cursor"]
        assert page["pagination"]["limit"] == 70
        assert page["pagination"]["hasMore"] is (cursor is not None)
        if cursor is None:
            break
    right = await traced.rest("/traces", limit=1000, status="OK")
    assert [one["id"] for one in seen] == [one["trace_id"] for one in right]
    for mine, other in zip(seen, right, strict=True):
        assert mine["timestamp"] == mine["ts"] == other["ts"]
        assert mine["duration"] == mine["durationMs"] == other.get("duration_ms")
        assert (mine["cost"], mine["tokenCount"]) == (other.get("total_cost_usd"), other.get("total_tokens"))
        assert mine["metadata"] == other["attributes"]
        assert mine["spans"] == [{"spanId": other["span_id"], "parentSpanId": None}]
    listed = await traced.data('{ traces(limit: 3, filter: {status: "OK"}) { id } }')
    assert listed["traces"] == [{"id": one["id"]} for one in seen[:3]]


async def test_one_trace_has_its_feedback_and_what_is_not_there_is_named(traced):
    trace_id = next(iter(traced.stored.traces))
    await traced.http.post(
        f"/api/v1/traces/{trace_id}/feedback",
        json={"score": 0.5, "label": "resolved"},
        headers={"X-API-Key": BOSS.reveal()},
    )
    document = """query ($id: String!, $none: String!) {
      trace(traceId: $id) {
        traceId duration children { id: spanId } feedback { score label } timeline { offsetMs }
      }
      none: trace(traceId: $none) { traceId }
    }"""
    answer = (await traced.ask(document, id=trace_id, none="0" * 32)).json()
    found = answer["data"]["trace"]
    assert (found["traceId"], found["children"], found["timeline"]) == (trace_id, [], [])
    assert found["feedback"] == [{"score": 0.5, "label": "resolved"}]
    assert answer["data"]["none"] is None
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["error_code"]) == (["none"], "TRACE_NOT_FOUND")


async def test_llm_metrics_chooses_by_service(traced):
    document = """query ($from: String!, $to: String!) {
      llmMetrics(from: $from, to: $to, service: "a%b_c") {
        timestamp traceId serviceName modelName totalTokens totalCostUsd durationMs statusCode
      }
    }"""
    found = (await traced.data(document, **traced.period))["llmMetrics"]
    right = {one["trace_id"] for one in traced.stored.all() if one.get("service_name") == "a%b_c"}
    assert {one["traceId"] for one in found} == right
    assert {one["serviceName"] for one in found} == {"a%b_c"}
    assert [one["timestamp"] for one in found] == sorted((one["timestamp"] for one in found), reverse=True)


@pytest.mark.parametrize(("group", "name"), [("MODEL", "model"), ("USER", "user_id"), ("SERVICE", "service_name")])
async def test_costs_are_broken_down_over_more_than_one_call_can_ask_for(priced, group, name):
    document = """query ($from: String!, $to: String!, $by: CostGroup) {
      costSummary(from: $from, to: $to, period: MONTHLY, groupBy: $by) {
        totalCostUsd overview { totalRequests } breakdown { timestamp name totalCostUsd requestCount }
      }
    }"""
    summary = (await priced.data(document, **priced.period, by=group))["costSummary"]
    right: defaultdict[tuple[str, str | None], list[int]] = defaultdict(lambda: [0, 0])
    for one in priced.stored:
        value = getattr(one.context, name)
        key = (f"{spell(one.ts)[:7]}-01T00:00:00Z", "anonymous" if group == "USER" and value is None else value)
        right[key][0] += one.cost
        right[key][1] += 1
    found = {(row["timestamp"], row["name"]): row for row in summary["breakdown"]}
    assert {key: row["requestCount"] for key, row in found.items()} == {key: n for key, (_, n) in right.items()}
    assert {key: row["totalCostUsd"] for key, row in found.items()} == pytest.approx(
        {key: cost / NANO for key, (cost, _) in right.items()}
    )
    assert summary["totalCostUsd"] == pytest.approx(sum(one.cost for one in priced.stored) / NANO)
    assert [row["timestamp"] for row in summary["breakdown"]] == sorted(row["timestamp"] for row in found.values())


async def test_the_other_queries_answer_as_their_calls_do(priced):
    document = """query ($from: String!, $to: String!) {
      runs(limit: 2) { runId status labels config { numPrompts } }
      runPage(limit: 2) { total nextCursor runs { runId } }
      models(limit: 100) { id provider requestCount promptCostPer1k }
      metrics(metrics: ["request_count"], interval: "1day", groupBy: ["model"], startTime: "now-30d") {
        metadata { interval totalPoints } data
      }
      metricsSummary(startTime: "now-30d") { currentPeriod { totalRequests avgDurationMs } }
      costSummary(from: $from, to: $to) { overview { totalCost } byModel { name cost } trends { daily { date } } }
    }"""
    found = await priced.data(document, **priced.period)
    ids = [one["runId"] for one in found["runs"]]
    assert [one["runId"] for one in found["runPage"]["runs"]] == ids
    assert found["runPage"]["total"] >= len(ids) > 0
    models = await priced.rest("/models", limit=100)
    assert [(m["id"], m["requestCount"]) for m in found["models"]] == [
        (m["id"], m["request_count"]) for m in models
    ]
    asked = {"metrics": "request_count", "interval": "1day", "group_by": "model", "start_time": "now-30d"}
    assert found["metrics"]["data"] == (await priced.rest("/metrics", **asked))["data"]
    summary = await priced.rest("/metrics/summary", start_time="now-30d")
    current = found["metricsSummary"]["currentPeriod"]
    assert current["totalRequests"] == summary["current_period"]["total_requests"]
    costs = await priced.rest("/costs/summary", start_time=priced.period["from"], end_time=priced.period["to"])
    assert found["costSummary"]["byModel"] == [{"name": m["name"], "cost": m["cost"]} for m in costs["by_model"]]
    assert len(found["costSummary"]["trends"]["daily"]) == len(costs["trends"]["daily"])


async def test_callers_see_their_projects_and_do_what_they_may(traced):
    async with Client(traced.address, api_key=BOSS.reveal()) as boss:
        viewer = (await boss.create_api_key("v", role="viewer", projects=["p1"])).key
        billing = (await boss.create_api_key("b", role="billing")).key
    document = "{ traces(limit: 1000) { traceId projectId } }"
    seen = (await traced.ask(document, viewer)).json()["data"]["traces"]
    stored = traced.stored.all()
    assert {one["traceId"] for one in seen} == {one["trace_id"] for one in stored if one["project_id"] == "p1"}
    of_others = next(one["trace_id"] for one in stored if one["project_id"] != "p1")
    hidden = (await traced.ask(f'{{ trace(traceId: "{of_others}") {{ id }} }}', viewer)).json()
    assert hidden["errors"][0]["extensions"]["error_code"] == "TRACE_NOT_FOUND"

    both = await traced.ask("{ costSummary { totalCostUsd } traces { id } }", billing)
    assert (both.status_code, both.json()["data"]["traces"]) == (200, None)
    assert both.json()["data"]["costSummary"]["totalCostUsd"] >= 0
    assert both.json()["errors"][0]["extensions"]["error_code"] == "INSUFFICIENT_PERMISSIONS"
    part = (await traced.ask("{ costSummary { totalCostUsd breakdown { name } } }", billing)).json()
    assert part["data"]["costSummary"] == {"totalCostUsd": 0.0, "breakdown": None}
    assert part["errors"][0]["path"] == ["costSummary", "breakdown"]
    alone = await traced.ask("{ traces { id } }", billing)
    assert (alone.status_code, alone.json().get("data")) == (403, None)

    for key, reason in (("", "MISSING_AUTHORIZATION"), ("lc_live_wrong", "INVALID_API_KEY")):
        refused = await traced.ask("{ traces { id } models { id } }", key)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "ApiKey")
        assert {one["extensions"]["error_code"] for one in refused.json()["errors"]} == {reason}


@pytest.mark.parametrize(("public", "statuses"), [(False, [401, 401, 401]), (True, [200, 401, 400])])
async def test_who_shows_no_credential_is_told_of_documents_where_runs_are_public_only(
    start, tmp_path, public, statuses
):
    controller = await start(database=tmp_path / "loadcell.db", api_key=BOSS, public_reads=public)
    documents = ("{ runs { runId } }", "{ traces { id } }", "{ nothing }")
    async with gateway(controller.address) as http:
        answers = [await http.post("/graphql", json={"query": document}) for document in documents]
    assert [answer.status_code for answer in answers] == statuses
    assert ("nothing" in answers[2].text) is public


async def test_runs_and_timelines_of_a_list_are_those_of_each_trace(traced):
    database = await open_database(traced.database)
    try:
        listed = (await traced.data("{ traces(limit: 4) { id } }"))["traces"]
        keys = [request_key(one["id"])._asdict() for one in listed[:2]]
        rows = [{**key, "timeline": bytes([5, 1, 7, 2])} for key in keys]
        await database.write(lambda c: c.execute(insert(trace_timelines), rows))
    finally:
        await database.close()
    found = (await traced.data("{ traces(limit: 4) { id runId run { runId model } timeline { tokenCount } } }"))[
        "traces"
    ]
    assert [one["id"] for one in found] == [one["id"] for one in listed]
    tokens = [{"tokenCount": 1}, {"tokenCount": 2}]
    assert [one["timeline"] for one in found] == [tokens, tokens, [], []]
    assert all(one["run"]["runId"] == one["runId"] for one in found)
