"""The Prometheus exporter against a scripted controller."""

from __future__ import annotations

import asyncio
import json

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families

from gateway.metrics.names import metric_names
from loadcell.errors import LoadcellError
from loadcell.v1 import fleet_pb2, run_pb2

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(autouse=True)
def no_cache(monkeypatch):
    """One test must not see what the test before it fetched."""
    monkeypatch.setattr("gateway.metrics.live.MAX_AGE_SECONDS", 0.0)


def live(completed: int) -> fleet_pb2.GetLiveMetricsResponse:
    response = fleet_pb2.GetLiveMetricsResponse(samples_committed=completed)
    response.agent_counts["ready"] = 2
    progress = run_pb2.LevelProgress(index=1, concurrency=8, completed=completed, success_count=completed)
    response.runs.add(run_id="r1", model="m", status="running").levels.add(progress=progress)
    return response


def samples(text: str) -> dict[tuple[str, frozenset], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_live_metrics_move(gateway):
    key = ("loadcell_requests_total", frozenset({"run_id": "r1", "level": "1", "status": "success"}.items()))
    for completed in (3, 8):
        gateway.controller.answers["GetLiveMetrics"] = live(completed)
        found = samples((await gateway.exporter.get("/metrics")).text)
        assert found[key] == completed
        assert found["loadcell_controller_up", frozenset()] == 1
        assert found["loadcell_agents", frozenset({"state": "ready"}.items())] == 2


async def test_scrapes_at_one_time_ask_the_controller_once(gateway_with, monkeypatch):
    monkeypatch.setattr("gateway.metrics.live.MAX_AGE_SECONDS", 1e9)
    async with gateway_with() as gateway:
        gateway.controller.answers["GetLiveMetrics"] = live(1)
        gateway.controller.delay_seconds = 0.1
        answers = await asyncio.gather(*(gateway.exporter.get("/metrics") for _ in range(8)))
        assert {samples(answer.text)["loadcell_controller_up", frozenset()] for answer in answers} == {1}
        assert len(gateway.controller.calls) == 1
        assert gateway.controller.calls[0].metadata["x-api-key"] == "key-of-the-gateway"


async def test_without_a_controller_the_exporter_says_so(gateway):
    gateway.controller.answers["GetLiveMetrics"] = LoadcellError("SERVICE_UNAVAILABLE", "stopping")
    response = await gateway.exporter.get("/metrics")
    assert response.status_code == 200
    assert samples(response.text)["loadcell_controller_up", frozenset()] == 0


async def test_requests_are_counted_by_template_and_never_by_path(gateway):
    gateway.controller.answers["GetRun"] = run_pb2.GetRunResponse()
    gateway.controller.answers["GetLiveMetrics"] = live(1)
    for run_id in ("a", "b"):
        await gateway.http.get(f"/api/v1/benchmark/run/{run_id}")
    await gateway.http.get("/made/up")
    await gateway.http.request("PURGE", "/made/up/too")
    text = (await gateway.exporter.get("/metrics")).text
    found = samples(text)
    template = {
        "endpoint": "/api/v1/benchmark/run/{run_id}",
        "method": "GET",
        "service": "gateway",
        "status": "200",
    }
    assert found["http_requests_total", frozenset(template.items())] == 2
    unmatched = {"endpoint": "unmatched", "method": "other", "service": "gateway", "status": "404"}
    assert found["http_requests_total", frozenset(unmatched.items())] == 1
    assert "made/up" not in text
    del template["status"]
    assert found["http_request_duration_seconds_count", frozenset(template.items())] == 2


async def test_everything_that_is_shown_is_in_the_table_of_names(gateway):
    gateway.controller.answers["GetLiveMetrics"] = live(1)
    await gateway.http.get("/alive")
    table = {name.name: name for name in metric_names()}
    for family in text_string_to_metric_families((await gateway.exporter.get("/metrics")).text):
        if family.name.endswith("_created"):
            continue
        name = table[f"{family.name}_total" if family.type == "counter" else family.name]
        assert name.type == family.type
        for sample in family.samples:
            assert set(sample.labels) - {"le"} <= set(name.labels)


@pytest.mark.parametrize(
    "escaping", ["", ";escaping=allow-utf-8", ";escaping=underscores", "; escaping=dots,text/plain"]
)
async def test_openmetrics_is_spoken_when_asked_for(gateway, escaping):
    gateway.controller.answers["GetLiveMetrics"] = live(3)
    await gateway.http.get("/alive")
    response = await gateway.exporter.get(
        "/metrics", headers={"Accept": f"application/openmetrics-text;version=1.0.0{escaping}"}
    )
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    assert response.text.endswith("# EOF\n")
    families = {family.name: family for family in openmetrics_families(response.text)}
    [succeeded, failed] = families["loadcell_requests"].samples
    assert (succeeded.labels["run_id"], succeeded.value, failed.value) == ("r1", 3, 0)
    assert families["loadcell_controller_up"].samples[0].value == 1
    assert any(sample.exemplar for sample in families["http_request_duration_seconds"].samples)


async def test_S4_pages_of_other_sites_cannot_read_an_exporter_without_a_key(gateway):
    gateway.controller.answers["GetLiveMetrics"] = live(1)
    for headers in ({"Host": "rebound.example"}, {"Origin": "http://page.example"}):
        response = await gateway.exporter.get("/metrics", headers=headers)
        assert (response.status_code, "r1" in response.text) == (403, False)
        assert response.json()["error"]["error_code"] == "FOREIGN_ORIGIN"
    rebound = await gateway.exporter.get("/metrics", headers={"Host": "rebound.example"})
    assert "LOADCELL_EXPORTER_KEY" in rebound.json()["error"]["message"]


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        (None, "MISSING_AUTHORIZATION"),
        ("scr4pe", "MISSING_AUTHORIZATION"),
        ("Basic scr4pe", "MISSING_AUTHORIZATION"),
        ("Bearer", "MISSING_AUTHORIZATION"),
        ("Bearer scr4p", "INVALID_API_KEY"),
        ("Bearer \xff", "INVALID_API_KEY"),
    ],
)
async def test_S4_an_exporter_with_a_key_asks_for_it(gateway_with, authorization, reason):
    headers = {"Authorization": authorization.encode("latin-1")} if authorization is not None else {}
    async with gateway_with(exporter_key="scr4pe") as gateway:
        response = await gateway.exporter.get("/metrics", headers=headers)
        assert (response.status_code, response.json()["error"]["error_code"]) == (401, reason)
        assert response.headers["www-authenticate"] == "Bearer"
        assert gateway.controller.calls == []


async def test_a_scraper_with_the_key_may_come_from_elsewhere(gateway_with):
    async with gateway_with(exporter_key="scr4pe") as gateway:
        gateway.controller.answers["GetLiveMetrics"] = live(1)
        headers = {"Authorization": "Bearer scr4pe", "Host": "loadcell.example:9090"}
        assert "r1" in (await gateway.exporter.get("/metrics", headers=headers)).text


async def test_the_exporter_serves_metrics_only(gateway):
    response = await gateway.exporter.get("/api/v1/benchmark/history")
    assert response.status_code == 404
    assert json.loads(response.text)["error"]["error_code"] == "RESOURCE_NOT_FOUND"
    assert (await gateway.http.get("/metrics")).status_code == 404
