"""What clients of LLM Observatory do: a token, then traces, metrics, costs, models, exports and events."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import httpx
import pytest
import websockets
from old_service import KEY, MODEL, OldService

from tests.patience import PATIENCE_SECONDS

RANGE = "start_time=now-1d&end_time=now"
PAST = "start_time=2026-01-01T00:00:00Z&end_time=2026-01-02T00:00:00Z"


@pytest.fixture(scope="module")
def recorded(old_service: OldService) -> OldService:
    """The service after one run of ten requests, which are its traces."""
    body = {
        "server_url": old_service.model_server,
        "model": MODEL,
        "num_prompts": 10,
        "output_len": 4,
        "warmup": 0,
    }
    with httpx.Client(base_url=old_service.base, headers={"X-API-Key": KEY}, trust_env=False) as http:
        run_id = http.post("/api/v1/benchmark/run", json=body).json()["run_id"]
        watched = f"/api/v1/benchmark/run/{run_id}/events"
        with http.stream("GET", watched, timeout=PATIENCE_SECONDS) as events:
            assert any("completed" in line for line in events.iter_lines())
    return old_service


@pytest.fixture(scope="module")
def token(recorded: OldService) -> str:
    answer = recorded.curl(
        f"""curl -X POST http://localhost:8080/auth/token -H "Content-Type: application/json" \\
            -d '{{"client_id": "tests", "client_secret": "{KEY}", "grant_type": "client_credentials"}}'"""
    )
    assert answer.status == 200, answer.body
    return str(answer.document["access_token"])


def _get(service: OldService, token: str, path: str) -> Any:
    answer = service.curl(f'curl -H "Authorization: Bearer $TOKEN" "http://localhost:8080{path}"', TOKEN=token)
    assert answer.status == 200, answer.body
    return answer.document


def test_its_lists_are_paged_to_the_end(recorded: OldService, token: str) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = _get(recorded, token, f"/api/v1/traces?limit=4&fields=trace_id,model{cursor}")
        assert page["status"] == "success"
        assert set(page["meta"]) >= {"timestamp", "execution_time_ms", "cached", "version"}
        assert {frozenset(trace) for trace in page["data"]} == {frozenset({"trace_id", "span_id", "ts", "model"})}
        seen += [trace["trace_id"] for trace in page["data"]]
        if not page["pagination"]["has_more"]:
            break
        cursor = f"&cursor={page['pagination']['cursor']}"
    assert len(seen) == len(set(seen)) >= 10
    one = _get(recorded, token, f"/api/v1/traces/{seen[0]}?include=children,feedback,evaluations")
    assert one["data"]["trace_id"] == seen[0]
    assert one["data"]["model"] == MODEL


def test_its_search_finds_what_the_list_has(recorded: OldService, token: str) -> None:
    found = recorded.curl(
        """curl -X POST http://localhost:8080/api/v1/traces/search -H "Authorization: Bearer $TOKEN" \\
           -H "Content-Type: application/json" -d '{"filter": {"operator": "AND", "filters": [
             {"field": "model", "operator": "eq", "value": "qwen3-14b"},
             {"field": "duration_ms", "operator": "gte", "value": 0}]}, "limit": 100}'""",
        TOKEN=token,
    )
    assert found.status == 200, found.body
    assert len(found.document["data"]) >= 10


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"/api/v1/metrics?metrics=request_count,duration&interval=1hour&{RANGE}", {"metadata", "data"}),
        (f"/api/v1/metrics/summary?{RANGE}", {"current_period", "top_items", "quality"}),
        (f"/api/v1/metrics/performance?{RANGE}", {"request_count", "avg_latency_ms", "time_series"}),
        (f"/api/v1/analytics/performance?{RANGE}", {"request_count", "p95_latency_ms"}),
        (f"/api/v1/metrics/quality?{RANGE}", {"total_requests", "error_breakdown"}),
        (f"/api/v1/analytics/quality?{RANGE}", {"total_requests", "error_breakdown"}),
        (f"/api/v1/analytics/optimization?{RANGE}", {"cost_optimizations", "overall_score"}),
        (f"/api/v1/analytics/models/compare?models={MODEL},gpt-4&{RANGE}", {"models", "summary"}),
        (f"/api/v1/analytics/costs?{RANGE}", {"total_cost", "time_series"}),
        (f"/api/v1/analytics/costs/breakdown?{RANGE}", {"by_model", "by_provider"}),
        ("/api/v1/metrics/request_count", {"id", "unit", "aggregations"}),
        (f"/api/v1/costs/summary?{RANGE}", {"metadata", "overview", "by_model"}),
        (f"/api/v1/costs/attribution?{RANGE}&dimension=model", {"items", "summary"}),
        (f"/api/v1/costs/analytics?{RANGE}", {"total_cost", "time_series"}),
        # Paths of its load scripts.
        (f"/api/v1/metrics/costs?{RANGE}", {"total_cost", "time_series"}),
        (f"/api/v1/metrics/analytics?{RANGE}", {"request_count", "avg_latency_ms", "time_series"}),
        (f"/api/v1/costs/breakdown?{RANGE}", {"by_model", "by_provider"}),
        ("/api/v1/costs/forecast", {"historical", "forecast", "summary"}),
        (f"/api/v1/models/compare?models={MODEL},gpt-4&{RANGE}", {"models", "summary"}),
        (f"/api/v1/models/{MODEL}", {"model", "request_count"}),
        (f"/api/v1/models/{MODEL}/usage?{RANGE}", {"model", "total_tokens", "time_series"}),
    ],
)
def test_its_questions(recorded: OldService, token: str, path: str, expected: set[str]) -> None:
    answer = _get(recorded, token, path)
    assert answer["status"] == "success"
    assert set(answer["data"]) >= expected


def test_its_models_and_their_comparison(recorded: OldService, token: str) -> None:
    listed = _get(recorded, token, "/api/v1/models")["data"]
    assert MODEL in {model["model"] for model in listed}
    compared = recorded.curl(
        """curl -X POST http://localhost:8080/api/v1/models/compare -H "Authorization: Bearer $TOKEN" \\
           -H "Content-Type: application/json" -d '{"models": ["qwen3-14b", "gpt-4"], "start_time": "now-1d"}'""",
        TOKEN=token,
    )
    assert compared.status == 200, compared.body
    assert compared.document["data"]["models"][0]["model"] == MODEL


def test_its_query_of_metrics(recorded: OldService, token: str) -> None:
    asked = recorded.curl(
        """curl -X POST http://localhost:8080/api/v1/metrics/query -H "Authorization: Bearer $TOKEN" \\
           -H "Content-Type: application/json" -d '{"metrics": [{"metric": "request_count", "aggregation": "sum",
             "alias": "requests"}], "interval": "1hour", "start_time": "now-1d", "end_time": "now",
             "group_by": ["model"],
             "filters": [{"dimension": "model", "operator": "eq", "value": "qwen3-14b"}]}'""",
        TOKEN=token,
    )
    assert asked.status == 200, asked.body
    rows = asked.document["data"]["data"]
    assert {row["model"] for row in rows} == {MODEL}
    assert sum(row["requests"] for row in rows) >= 10


def test_its_budgets(recorded: OldService, token: str) -> None:
    listed = _get(recorded, token, "/api/v1/costs/budgets")
    assert listed["data"] == []
    unknown = recorded.curl(
        'curl -H "Authorization: Bearer $TOKEN" http://localhost:8080/api/v1/costs/budgets/none/history',
        TOKEN=token,
    )
    assert unknown.status == 404, unknown.body


def test_its_login(recorded: OldService) -> None:
    answer = recorded.curl(
        f"""curl -X POST http://localhost:8080/api/v1/auth/login -H "Content-Type: application/json" \\
            -d '{{"username": "tests", "password": "{KEY}"}}'"""
    )
    assert answer.status == 200, answer.body
    assert _get(recorded, answer.document["token"], "/api/v1/traces?limit=1")["data"]


def test_its_bodies_are_asked_for_again_by_their_tags(recorded: OldService, token: str) -> None:
    line = f'curl -H "Authorization: Bearer $TOKEN" "http://localhost:8080/api/v1/metrics/performance?{PAST}"'
    first = recorded.curl(line, TOKEN=token)
    assert first.status == 200, first.body
    again = recorded.curl(f"{line} -H 'If-None-Match: {first.headers['etag']}'", TOKEN=token)
    assert (again.status, again.body) == (304, b"")


async def test_its_exports_are_made_and_downloaded(recorded: OldService, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=recorded.base, headers=headers, trust_env=False) as http:
        body = {"format": "jsonl", "compression": "gzip", "model": MODEL}
        created = await http.post("/api/v1/export/traces", json=body)
        assert created.status_code == 202, created.text
        path = f"/api/v1/export/jobs/{created.json()['data']['job_id']}"
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (job := (await http.get(path)).json()["data"])["status"] != "completed":
                await asyncio.sleep(0.05)
        file = await http.get(f"{path}/download")
        listed = (await http.get("/api/v1/export/jobs")).json()
        assert job["job_id"] in {one["job_id"] for one in listed["data"]}
        assert (await http.delete(path)).status_code == 409  # it has ended
    lines = [json.loads(line) for line in gzip.decompress(file.content).splitlines()]
    assert len(lines) >= 10
    assert {line["model"] for line in lines} == {MODEL}


@pytest.mark.parametrize("path", ["/api/v1/ws", "/ws", "/api/v1/stream"])
async def test_its_event_protocol(recorded: OldService, token: str, path: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"ws://{recorded.http}{path}"
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        websockets.connect(url, additional_headers=headers, proxy=None) as socket,
    ):
        await socket.send(
            json.dumps({"type": "subscribe", "events": ["trace_created"], "filters": {"model": MODEL}})
        )
        subscribed = json.loads(await socket.recv())
        assert (subscribed["type"], subscribed["events"]) == ("subscribed", ["trace_created"])
        assert subscribed["subscription_id"]
        await socket.send(json.dumps({"type": "ping"}))
        assert json.loads(await socket.recv())["type"] == "pong"
        await socket.send(json.dumps({"type": "unsubscribe", "events": ["trace_created"]}))
        assert json.loads(await socket.recv())["type"] == "unsubscribed"


def test_its_graphql(recorded: OldService, token: str) -> None:
    answer = recorded.curl(
        """curl -X POST http://localhost:8080/graphql -H "Authorization: Bearer $TOKEN" \\
           -H "Content-Type: application/json" -d '{"query": "{ traces(limit: 2) { traceId model } }"}'""",
        TOKEN=token,
    )
    assert answer.status == 200, answer.body
    assert [trace["model"] for trace in answer.document["data"]["traces"]] == [MODEL] * 2
    page = recorded.curl("curl http://localhost:8080/graphql/playground")
    assert page.headers["content-type"].startswith("text/html")


def test_its_probes_and_its_metrics_port(old_service: OldService) -> None:
    assert old_service.curl("curl -v http://localhost:8080/health").document["status"] == "healthy"
    assert old_service.curl("curl http://localhost:8080/alive").status == 200
    assert old_service.curl("curl http://localhost:8080/ready").status == 200
    metrics = old_service.curl("curl http://localhost:9091/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert b"http_requests_total{" in metrics.body
    page = old_service.curl("curl http://localhost:8080/api/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert old_service.curl("curl http://localhost:8080/api/v1/traces").status == 401
