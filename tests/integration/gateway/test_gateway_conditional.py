"""Answers a caller has already, and what caches are told, over HTTP."""

from __future__ import annotations

import pytest
from google.api import httpbody_pb2

from loadcell.errors import LoadcellError
from loadcell.v1 import auth_pb2, run_pb2, trace_pb2

pytestmark = pytest.mark.asyncio(loop_scope="module")

TRACES = "/api/v1/traces"
NOON = 1_769_860_800  # 2026-01-31 12:00:00 UTC


def kept_page(request_id: str = "r", *, cached: bool = True) -> trace_pb2.ListTracesResponse:
    """Return an answer that was computed at noon and is sent seven seconds later."""
    page = trace_pb2.ListTracesResponse(
        status="success", data=[trace_pb2.Trace(model="m", total_tokens=2**31 - 1)]
    )
    page.pagination.limit = 1
    meta = page.meta
    meta.request_id, meta.cached, meta.version, meta.execution_time_ms = request_id, cached, "1.0", 0.25
    meta.computed_at.FromSeconds(NOON)
    meta.timestamp.FromSeconds(NOON + 7)
    meta.max_age_seconds = 60
    return page


async def test_a_kept_answer_says_how_old_it_is_and_how_long_it_holds(gateway):
    gateway.controller.answers["ListTraces"] = kept_page()
    response = await gateway.http.get(TRACES)
    assert response.headers["cache-control"] == "private, max-age=60"
    assert response.headers["age"] == "7"
    assert response.headers["last-modified"] == "Sat, 31 Jan 2026 12:00:00 GMT"
    assert response.headers["vary"] == "Authorization, X-API-Key, Accept-Encoding"
    assert list(response.json()) == ["status", "data", "pagination", "meta"]
    assert response.json()["meta"]["computed_at"] == "2026-01-31T12:00:00.000000Z"


async def test_meta_is_of_the_answer_and_not_in_its_tag(gateway):
    tags, metas = set(), []
    for name in ("one", "two"):
        gateway.controller.answers["ListTraces"] = kept_page(name, cached=name == "two")
        response = await gateway.http.get(TRACES)
        tags.add(response.headers["etag"])
        metas.append(response.json()["meta"]["request_id"])
    assert (len(tags), metas) == (1, ["one", "two"])


async def test_who_has_the_answer_gets_none(gateway):
    gateway.controller.answers["ListTraces"] = kept_page()
    first = await gateway.http.get(TRACES)
    for conditions in (
        {"If-None-Match": first.headers["etag"]},
        {"If-None-Match": f'"x", W/{first.headers["etag"]}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": first.headers["last-modified"]},
    ):
        for ask in (gateway.http.get, gateway.http.head):
            again = await ask(TRACES, headers=conditions)
            assert (again.status_code, again.content) == (304, b""), conditions
            for name in ("etag", "vary", "cache-control", "last-modified"):
                assert again.headers[name] == first.headers[name]
            assert "content-type" not in again.headers


async def test_who_has_another_answer_gets_this_one(gateway):
    gateway.controller.answers["ListTraces"] = kept_page()
    tag = (await gateway.http.get(TRACES)).headers["etag"]
    changed = kept_page()
    changed.data[0].model = "other"
    gateway.controller.answers["ListTraces"] = changed
    for conditions in (
        {"If-None-Match": tag},
        {"If-None-Match": tag, "If-Modified-Since": "Sat, 31 Jan 2026 12:00:00 GMT"},
        {"If-Modified-Since": "Sat, 31 Jan 2026 11:59:59 GMT"},
    ):
        response = await gateway.http.get(TRACES, headers=conditions)
        assert (response.status_code, response.json()["data"][0]["model"]) == (200, "other"), conditions


async def test_chosen_fields_are_another_answer(gateway):
    gateway.controller.answers["GetRun"] = run_pb2.GetRunResponse(run=run_pb2.Run(run_id="r1", status="running"))
    path = "/api/v1/benchmark/run/r1"
    whole = await gateway.http.get(path)
    part = await gateway.http.get(path, params={"fields": "status"})
    assert (part.json(), part.headers["etag"] != whole.headers["etag"]) == ({"status": "running"}, True)
    assert (await gateway.http.get(path)).content == whole.content


async def test_every_caller_is_asked_for_at_the_controller(gateway):
    gateway.controller.answers["ListTraces"] = kept_page()
    tag = (await gateway.http.get(TRACES, headers={"X-API-Key": "a"})).headers["etag"]
    gateway.controller.answers["ListTraces"] = LoadcellError("INVALID_API_KEY", "unknown")
    refused = await gateway.http.get(TRACES, headers={"X-API-Key": "b", "If-None-Match": tag})
    assert refused.status_code == 401
    assert [call.metadata["x-api-key"] for call in gateway.controller.calls] == ["a", "b"]


async def test_what_the_controller_does_not_keep_is_asked_for_each_time(gateway):
    gateway.controller.answers["GetRun"] = run_pb2.GetRunResponse(run=run_pb2.Run(run_id="r1", status="running"))
    first = await gateway.http.get("/api/v1/benchmark/run/r1")
    assert first.headers["cache-control"] == "private, no-cache"
    known = {"If-None-Match": first.headers["etag"]}
    assert (await gateway.http.get("/api/v1/benchmark/run/r1", headers=known)).status_code == 304
    gateway.controller.answers["GetRun"] = run_pb2.GetRunResponse(run=run_pb2.Run(run_id="r1", status="completed"))
    assert (await gateway.http.get("/api/v1/benchmark/run/r1", headers=known)).status_code == 200


async def test_a_download_that_a_caller_has_is_not_sent_again(gateway):
    gateway.controller.answers["DownloadRunResult"] = httpbody_pb2.HttpBody(
        content_type="text/csv", data=b"a\n1\n"
    )
    path = "/api/v1/benchmark/result/r1/export"
    first = await gateway.http.get(path)
    assert first.headers["content-disposition"] == 'attachment; filename="r1_benchmark.csv"'
    again = await gateway.http.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "private, no-cache")


@pytest.mark.parametrize("known", ['"x"', "*"])
async def test_what_changes_something_is_carried_out_and_never_kept(gateway, known):
    made = auth_pb2.CreateApiKeyResponse(key="lc_live_secret")
    gateway.controller.answers["CreateApiKey"] = made
    response = await gateway.http.post("/api/v1/auth/keys", json={"name": "n"}, headers={"If-None-Match": known})
    assert (response.status_code, response.json()["key"]) == (200, "lc_live_secret")
    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers


async def test_errors_are_never_kept(gateway):
    gateway.controller.answers["ListTraces"] = LoadcellError("INVALID_CURSOR", "no")
    for path in (TRACES, "/nothing/here", f"{TRACES}?no_such_parameter=1"):
        response = await gateway.http.get(path, headers={"If-None-Match": "*"})
        assert response.status_code in (400, 404)
        assert (response.headers["cache-control"], "etag" in response.headers) == ("no-store", False)
