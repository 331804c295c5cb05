"""HTTP calls that reach the controller, and what comes back."""

from __future__ import annotations

import re

import httpx
import pytest
from google.api import httpbody_pb2

from gateway.upstream import Upstream
from loadcell.errors import LoadcellError
from loadcell.v1 import fleet_pb2, result_pb2, run_pb2

pytestmark = pytest.mark.asyncio(loop_scope="module")

RUN = "/api/v1/benchmark/run"
SPECIFICATION = {"server_url": "http://127.0.0.1:8000", "concurrency": [1, 10], "api_key": "target-key"}


async def test_a_run_is_started_with_status_200(gateway):
    gateway.controller.answers["CreateRun"] = run_pb2.CreateRunResponse(run_id="r1", status="started")
    response = await gateway.http.post(RUN, json=SPECIFICATION)
    assert (response.status_code, response.json()) == (200, {"run_id": "r1", "status": "started"})
    request = gateway.controller.calls[0].request
    assert list(request.concurrency) == [1, 10]
    assert request.api_key == "target-key"


async def test_agents_are_chosen_by_labels_in_json(gateway):
    gateway.controller.answers["CreateRun"] = run_pb2.CreateRunResponse(run_id="r1", status="started")
    chosen = {"agent_labels": {"region": "eu", "zone": "a"}, "agent_count": 3, "force": True}
    assert (await gateway.http.post(RUN, json=SPECIFICATION | chosen)).status_code == 200
    request = gateway.controller.calls[0].request
    assert dict(request.agent_labels) == {"region": "eu", "zone": "a"}
    assert (request.agent_count, request.force) == (3, True)
    for wrong in ({"agent_labels": "region=eu"}, {"agent_labels": {"region": 1}}, {"force": "yes"}):
        refused = await gateway.http.post(RUN, json=SPECIFICATION | wrong)
        assert (refused.status_code, refused.json()["error"]["field"].partition(".")[0]) == (400, *wrong)


async def test_a_plan_beyond_the_calibration_is_a_conflict(gateway):
    message = "1000/s is 1,000 requests/s, its 2 agents were calibrated for 400"
    gateway.controller.answers["CreateRun"] = LoadcellError("CAPACITY_EXCEEDED", message)
    response = await gateway.http.post(RUN, json=SPECIFICATION)
    assert (response.status_code, response.json()["error"]["error_code"]) == (409, "CAPACITY_EXCEEDED")
    assert response.json()["detail"] == message


async def test_a_target_that_would_not_do_is_an_answer(gateway):
    gateway.controller.answers["CheckTarget"] = run_pb2.CheckTargetResponse(
        error_reason="TARGET_REFUSED", error="HTTP 401", advice="See it.", agent_id="a", timestamp_source="kernel"
    )
    asked = {"server_url": "http://127.0.0.1:8000", "api_key": "target-key", "agent_labels": {"region": "eu"}}
    response = await gateway.http.post("/api/v1/benchmark/check-target", json=asked)
    document = response.json()
    assert (response.status_code, document["ok"], document["error_reason"]) == (200, False, "TARGET_REFUSED")
    assert (document["model"], document["pin_output"], document["notes"]) == (None, None, [])
    request = gateway.controller.calls[0].request
    assert (request.api_key, dict(request.agent_labels)) == ("target-key", {"region": "eu"})
    gateway.controller.answers["CheckTarget"] = LoadcellError("NO_AGENTS_READY", "no agent is free")
    response = await gateway.http.post("/api/v1/benchmark/check-target", json=asked)
    assert (response.status_code, response.json()["error"]["error_code"]) == (409, "NO_AGENTS_READY")
    refused = await gateway.http.post("/api/v1/benchmark/check-target", json=asked | {"concurrency": [1]})
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "concurrency")


async def test_response_body_and_path_parameters(gateway):
    gateway.controller.answers["GetRun"] = run_pb2.GetRunResponse(run=run_pb2.Run(run_id="r1", status="running"))
    document = (await gateway.http.get(f"{RUN}/r1")).json()
    assert document["run_id"] == "r1"
    assert document["completed_at"] is None
    assert gateway.controller.calls[0].request.run_id == "r1"


async def test_a_response_without_its_body_field_is_null(gateway):
    gateway.controller.answers["GetRun"] = run_pb2.GetRunResponse()
    response = await gateway.http.get(f"{RUN}/r1")
    assert (response.status_code, response.json()) == (200, None)


async def test_query_parameters(gateway):
    gateway.controller.answers["ListRuns"] = run_pb2.ListRunsResponse(total=7, limit=5)
    response = await gateway.http.get("/api/v1/benchmark/history?limit=5&status=failed")
    assert response.json() == {"runs": [], "total": 7, "limit": 5, "offset": 0, "next_cursor": ""}
    request = gateway.controller.calls[0].request
    assert (request.limit, request.status) == (5, "failed")


async def test_verbs_of_one_path_call_their_own_methods(gateway):
    gateway.controller.answers["DeleteRun"] = run_pb2.DeleteRunResponse(deleted="r1")
    assert (await gateway.http.delete(f"{RUN}/r1")).json() == {"deleted": "r1"}
    gateway.controller.answers["CancelRun"] = run_pb2.CancelRunResponse(run=run_pb2.Run(run_id="r1"))
    assert (await gateway.http.post(f"{RUN}/r1/cancel")).json()["run_id"] == "r1"
    gateway.controller.answers["DrainAgent"] = fleet_pb2.DrainAgentResponse(agent=fleet_pb2.Agent(agent_id="a"))
    await gateway.http.post("/api/v1/agents/a/drain", json={"resume": True})
    assert [call.method for call in gateway.controller.calls] == ["DeleteRun", "CancelRun", "DrainAgent"]
    assert gateway.controller.calls[2].request.resume


async def test_head_is_get_without_a_body(gateway):
    gateway.controller.answers["ListRuns"] = run_pb2.ListRunsResponse()
    response = await gateway.http.head("/api/v1/benchmark/history")
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(
    ("content_type", "extension"),
    [
        ("text/csv; charset=utf-8", "csv"),
        ("text/html; charset=utf-8", "html"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ],
)
async def test_a_download_has_its_type_and_name(gateway, content_type, extension):
    body = httpbody_pb2.HttpBody(content_type=content_type, data=b"a,b\r\n")
    gateway.controller.answers["DownloadRunResult"] = body
    for path in (f"result/0123456789ab/export?format={extension}", f"0123456789ab/export/{extension}"):
        response = await gateway.http.get(f"/api/v1/benchmark/{path}")
        assert response.content == b"a,b\r\n"
        assert response.headers["content-type"] == content_type
        assert response.headers["content-disposition"] == f'attachment; filename="01234567_benchmark.{extension}"'
        called = gateway.controller.calls[-1].request
        assert (called.run_id, called.format) == ("0123456789ab", extension)


async def test_a_run_under_its_bare_identifier_hides_no_other_path(gateway):
    gateway.controller.answers["GetRun"] = run_pb2.GetRunResponse(run=run_pb2.Run(run_id="r1"))
    gateway.controller.answers["ListRuns"] = run_pb2.ListRunsResponse(total=7)
    gateway.controller.answers["CancelRun"] = run_pb2.CancelRunResponse(run=run_pb2.Run(run_id="r1"))
    base = "/api/v1/benchmark"
    assert (await gateway.http.get(f"{base}/r1")).json()["run_id"] == "r1"
    assert (await gateway.http.post(f"{base}/r1/cancel")).json()["run_id"] == "r1"
    assert (await gateway.http.get(base)).json() == (await gateway.http.get(f"{base}/history")).json()
    assert [call.method for call in gateway.controller.calls] == ["GetRun", "CancelRun", "ListRuns", "ListRuns"]
    assert (await gateway.http.get(f"{base}/health")).json()["status"] == "healthy"
    for name in ("run", "compare", "recommend"):
        assert (await gateway.http.get(f"{base}/{name}")).status_code == 405
    assert len(gateway.controller.calls) == 4


async def test_the_idempotency_key_becomes_the_request_id_of_the_call(gateway):
    gateway.controller.answers["CreateRun"] = run_pb2.CreateRunResponse(run_id="r1")
    key = "0191d4a0-0000-7000-8000-000000000000"
    await gateway.http.post(RUN, json=SPECIFICATION, headers={"Idempotency-Key": key})
    assert gateway.controller.calls[0].request.request_id == key
    other = SPECIFICATION | {"request_id": "another"}
    response = await gateway.http.post(RUN, json=other, headers={"Idempotency-Key": key})
    assert (response.status_code, response.json()["error"]["field"]) == (400, "request_id")


async def test_credentials_of_the_caller_are_forwarded_and_the_gateway_lends_none(gateway):
    gateway.controller.answers["ListRuns"] = run_pb2.ListRunsResponse()
    await gateway.http.get("/api/v1/benchmark/history")
    await gateway.http.get("/api/v1/benchmark/history", headers={"X-API-Key": "k", "Authorization": "Bearer t"})
    first, second = (call.metadata for call in gateway.controller.calls)
    assert "x-api-key" not in first
    assert (second["x-api-key"], second["authorization"]) == ("k", "Bearer t")


async def test_a_request_id_of_the_caller_is_kept_when_it_is_valid(gateway):
    gateway.controller.answers["ListRuns"] = run_pb2.ListRunsResponse()
    kept = await gateway.http.get("/api/v1/benchmark/history", headers={"X-Request-ID": "my:id.1-2_3"})
    assert kept.headers["x-request-id"] == "my:id.1-2_3"
    assert gateway.controller.calls[0].metadata["x-request-id"] == "my:id.1-2_3"
    for invalid in ("a b", "x" * 129, "é", ""):
        answer = await gateway.http.get("/", headers=[(b"X-Request-ID", invalid.encode())])
        assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["x-request-id"])


async def test_the_result_is_the_document_itself(gateway):
    result = result_pb2.RunResult(run_id="r1")
    result.results.add(index=0, concurrency=4).ttft.p50 = 12.5
    gateway.controller.answers["GetRunResult"] = run_pb2.GetRunResultResponse(result=result)
    document = (await gateway.http.get("/api/v1/benchmark/result/r1")).json()
    assert document["results"][0]["ttft"]["p50"] == 12.5
    assert document["results"][0]["ttft"]["p99"] is None


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (LoadcellError("RUN_NOT_FOUND", "no run r1"), 404, "Run not found"),
        (LoadcellError("RESULT_NOT_FOUND", "pending"), 404, "Result not found"),
        (LoadcellError("RUN_NOT_FINISHED", "level 1 of 3"), 202, "Benchmark still running"),
        (LoadcellError("RUN_FAILED", "target away"), 500, "Benchmark failed"),
        (LoadcellError("MISSING_AUTHORIZATION", "no key"), 401, "Invalid or missing API key"),
        (LoadcellError("INVALID_FIELD_VALUE", "bad", field="partial"), 400, "bad"),
        (LoadcellError("NO_AGENTS_READY", "none"), 409, "none"),
    ],
)
async def test_errors_of_the_controller_keep_their_reason(gateway, error, status, detail):
    gateway.controller.answers["GetRunResult"] = error
    response = await gateway.http.get("/api/v1/benchmark/result/r1")
    document = response.json()
    assert (response.status_code, document["detail"]) == (status, detail)
    assert document["error"]["error_code"] == error.reason
    assert document["error"]["message"] == error.message
    assert document["error"].get("field") == error.field
    assert document["meta"]["request_id"] == response.headers["x-request-id"]
    assert (response.headers.get("www-authenticate") == "ApiKey") == (status == 401)


async def test_paths_outside_benchmark_have_no_detail(gateway):
    gateway.controller.answers["GetAgent"] = LoadcellError("AGENT_NOT_FOUND", "no agent a")
    document = (await gateway.http.get("/api/v1/agents/a")).json()
    assert "detail" not in document
    assert document["error"]["code"] == 1306


async def test_an_exception_in_the_controller_is_no_more_than_an_error_for_the_caller(gateway):
    gateway.controller.answers["GetRun"] = RuntimeError("/home/secret/path")
    response = await gateway.http.get(f"{RUN}/r1")
    assert response.status_code == 500
    assert response.json()["error"]["error_code"] == "INTERNAL_SERVER_ERROR"
    assert "secret" not in response.text


async def test_an_answer_that_does_not_come_is_a_timeout(gateway, monkeypatch):
    monkeypatch.setitem(Upstream.ask.__kwdefaults__, "timeout_seconds", 0.05)
    gateway.controller.delay_seconds = 5
    response = await gateway.http.get(f"{RUN}/r1")
    assert (response.status_code, response.json()["error"]["error_code"]) == (504, "REQUEST_TIMEOUT")


async def test_a_caller_that_goes_away_leaves_the_gateway_well(gateway):
    gateway.controller.delay_seconds = 0.2
    gateway.controller.answers["GetRun"] = run_pb2.GetRunResponse()
    with pytest.raises(httpx.ReadTimeout):
        await gateway.http.get(f"{RUN}/r1", timeout=0.05)
    assert (await gateway.http.get("/alive")).status_code == 200
