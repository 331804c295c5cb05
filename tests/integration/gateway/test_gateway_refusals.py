"""Calls that end in the gateway: always JSON, always with a reason, never with a trace."""

from __future__ import annotations

import asyncio
import json

import pytest
from google.api import httpbody_pb2

from gateway.body import MAX_BODY_BYTES
from loadcell.errors import REASONS
from loadcell.v1 import run_pb2
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")

RUN = "/api/v1/benchmark/run"


def reason_of(response) -> str:
    assert response.headers["content-type"] == "application/json"
    document = response.json()
    error = document["error"]
    assert error["error_code"] in REASONS
    assert error["code"] == REASONS[error["error_code"]].number
    assert document["meta"]["documentation_url"] == f"/docs#{error['error_code']}"
    assert "Traceback" not in response.text
    return error["error_code"]


@pytest.mark.parametrize(
    ("body", "reason", "field"),
    [
        (b"{", "INVALID_REQUEST", None),
        (b"[]", "INVALID_REQUEST", None),
        (b'"x"', "INVALID_REQUEST", None),
        (b'{"model":"a","model":"b"}', "INVALID_REQUEST", "model"),
        (b'{"config":{"num_requests":1}}', "UNKNOWN_FIELD", "config"),
        (b'{"goodput_thresholds":{"ttft":1}}', "UNKNOWN_FIELD", "goodput_thresholds.ttft"),
        (b'{"num_prompts":"100"}', "INVALID_FIELD_FORMAT", "num_prompts"),
        (b'{"concurrency":[1,true]}', "INVALID_FIELD_FORMAT", "concurrency[1]"),
        (b'{"num_prompts":99999999999}', "INVALID_FIELD_VALUE", "num_prompts"),
    ],
)
async def test_F3_bad_bodies_are_refused_by_field(gateway, body, reason, field):
    response = await gateway.http.post(RUN, content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, reason_of(response)) == (400, reason)
    assert response.json()["error"].get("field") == field
    assert gateway.controller.calls == []


@pytest.mark.parametrize("body", [b"null", b" null\n", b"[]", b"0", b"false", b'""'])
@pytest.mark.parametrize("path", ["/api/v1/traces/search", RUN, f"{RUN}/r1/cancel"])
async def test_a_body_that_is_no_object_is_not_taken_for_no_body(gateway, path, body):
    response = await gateway.http.post(path, content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, reason_of(response)) == (400, "INVALID_REQUEST")
    assert "must be a JSON object" in response.json()["error"]["message"]
    assert gateway.controller.calls == []


@pytest.mark.parametrize("query", ["limt=5", "limit=x", "limit=1&limit=2", "run.x=1"])
async def test_bad_parameters_are_refused_by_name(gateway, query):
    response = await gateway.http.get(f"/api/v1/benchmark/history?{query}")
    assert response.status_code == 400
    reason_of(response)
    assert response.json()["error"]["field"] == query.partition("=")[0]


async def test_parameters_of_a_call_with_a_body_are_refused(gateway):
    response = await gateway.http.post(f"{RUN}?model=x", json={})
    assert (response.status_code, reason_of(response)) == (400, "UNKNOWN_FIELD")


async def test_a_body_that_disagrees_with_the_path_is_refused(gateway):
    response = await gateway.http.post(f"{RUN}/r1/cancel", json={"run_id": "r2"})
    assert (response.status_code, response.json()["error"]["field"]) == (400, "run_id")


async def test_a_body_nobody_wants_is_refused(gateway):
    response = await gateway.http.request("DELETE", f"{RUN}/r1", json={"force": True})
    assert (response.status_code, reason_of(response)) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("path", ["/nope", "/api/v1", "/api/v1/benchmark/run/a/b", f"{RUN}/", "/docs/../x"])
async def test_unknown_paths(gateway, path):
    response = await gateway.http.get(path)
    assert (response.status_code, reason_of(response)) == (404, "RESOURCE_NOT_FOUND")


@pytest.mark.parametrize(
    ("verb", "path", "allowed"),
    [
        ("PUT", f"{RUN}/r1", {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH"}),
        ("GET", RUN, {"OPTIONS", "POST"}),
        ("POST", "/health", {"GET", "HEAD", "OPTIONS"}),
        ("PATCH", RUN, {"OPTIONS", "POST"}),
    ],
)
async def test_other_verbs_are_told_the_ones_that_are_taken(gateway, verb, path, allowed):
    response = await gateway.http.request(verb, path)
    assert (response.status_code, reason_of(response)) == (405, "METHOD_NOT_ALLOWED")
    assert set(response.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
async def test_S3_bodies_a_web_page_may_send_unasked_are_refused(gateway, media_type):
    headers = {"Content-Type": media_type} if media_type else {}
    response = await gateway.http.post(RUN, content=b'{"server_url":"http://x"}', headers=headers)
    assert (response.status_code, reason_of(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0, */*", "image/*, text/csv;q=0.5"])
async def test_who_does_not_accept_json_is_refused_before_anything_is_done(gateway, accept):
    for verb, path in (("POST", RUN), ("GET", "/api/v1/benchmark/history"), ("DELETE", f"{RUN}/r1")):
        response = await gateway.http.request(verb, path, headers={"Accept": accept})
        assert (response.status_code, reason_of(response)) == (406, "NOT_ACCEPTABLE")
    assert gateway.controller.calls == []


async def test_who_accepts_json_among_others_and_who_asks_for_a_file_or_a_probe_is_answered(gateway):
    gateway.controller.answers["ListRuns"] = run_pb2.ListRunsResponse()
    file = httpbody_pb2.HttpBody(content_type="text/csv", data=b"a")
    gateway.controller.answers["DownloadRunResult"] = file
    for path, accept in (
        ("/api/v1/benchmark/history", "text/html, application/*;q=0.1"),
        ("/api/v1/benchmark/result/r1/export?format=csv", "text/csv"),
        ("/alive", "text/plain"),
        ("/docs", "text/html"),
    ):
        assert (await gateway.http.get(path, headers={"Accept": accept})).status_code == 200


async def test_compressed_bodies_are_refused(gateway):
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    response = await gateway.http.post(RUN, content=b"{}", headers=headers)
    assert (response.status_code, reason_of(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert response.json()["detail"] == response.json()["error"]["message"]


async def test_every_route_says_what_it_takes(gateway):
    document = (await gateway.http.get("/openapi.json")).json()
    for path, verbs in {**document["paths"], "/docs/docs.js": ["get"]}.items():
        answer = await gateway.http.options(path.replace("{", "").replace("}", ""))
        expected = {verb.upper() for verb in verbs} | {"OPTIONS"} | ({"HEAD"} if "get" in verbs else set())
        assert (answer.status_code, answer.content) == (204, b""), path
        assert set(answer.headers["allow"].split(", ")) == expected
    assert (await gateway.http.options("/nope")).status_code == 404
    assert gateway.controller.calls == []


@pytest.mark.parametrize("path", ["/", "/alive", "/health", "/docs", "/openapi.json", "/api/v1/benchmark/history"])
async def test_HEAD_is_GET_without_the_body(gateway, path):
    gateway.controller.answers["ListRuns"] = run_pb2.ListRunsResponse(total=1)
    head, whole = await gateway.http.head(path), await gateway.http.get(path)
    passing = {"date", "x-request-id"}
    assert (head.status_code, head.content) == (200, b"")
    assert {n: v for n, v in head.headers.items() if n not in passing} == {
        n: v for n, v in whole.headers.items() if n not in passing
    }


@pytest.mark.parametrize("request_line", ["BREW /alive HTTP/1.1", "GET", "\x16\x03\x01"])
async def test_bytes_that_are_not_http_are_told_so_in_json(gateway, request_line):
    reader, writer = await asyncio.open_connection(gateway.http.base_url.host, gateway.http.base_url.port)
    writer.write(request_line.encode() + b"\r\nHost: localhost\r\n\r\n")
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/json" in head.lower()
    assert json.loads(body)["error"]["error_code"] == "INVALID_REQUEST"
    writer.close()
    await writer.wait_closed()


async def test_json_with_parameters_and_structured_suffixes_is_json(gateway):
    gateway.controller.answers["CreateRun"] = run_pb2.CreateRunResponse(run_id="r")
    for media_type in ("application/json; charset=utf-8", "application/merge-patch+json"):
        response = await gateway.http.post(RUN, content=b"{}", headers={"Content-Type": media_type})
        assert response.status_code == 200


async def test_S7_bodies_above_the_limit_are_refused_announced_or_not(gateway):
    headers = {"Content-Type": "application/json"}
    announced = await gateway.http.post(RUN, content=b" " * (MAX_BODY_BYTES + 1), headers=headers)
    assert (announced.status_code, reason_of(announced)) == (413, "PAYLOAD_TOO_LARGE")

    async def pieces():
        for _ in range(MAX_BODY_BYTES // 2**20 + 1):
            yield b" " * 2**20

    chunked = await gateway.http.post(RUN, content=pieces(), headers=headers)
    assert (chunked.status_code, reason_of(chunked)) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_body_that_does_not_arrive_ends_in_a_timeout(gateway, monkeypatch):
    monkeypatch.setattr("gateway.body.READ_TIMEOUT_SECONDS", 0.05)
    host, port = gateway.http.base_url.host, gateway.http.base_url.port
    reader, writer = await asyncio.open_connection(host, port)
    head = f"POST {RUN} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n"
    writer.write(head.encode() + b"{")
    assert b" 504 " in await asyncio.wait_for(reader.readline(), PATIENCE_SECONDS)
    writer.close()
    await writer.wait_closed()


async def test_credentials_that_cannot_be_metadata_are_refused(gateway):
    response = await gateway.http.get(f"{RUN}/r1", headers=[(b"X-API-Key", b"k\xe9y")])
    assert (response.status_code, reason_of(response)) == (401, "INVALID_API_KEY")
    assert response.headers["www-authenticate"] == "ApiKey"


async def test_an_unexpected_exception_is_a_plain_500(gateway, monkeypatch):
    def fail(*_args, **_kwargs):
        raise RuntimeError("s3cret")

    monkeypatch.setattr("gateway.routes.to_request", fail)
    response = await gateway.http.get(f"{RUN}/r1")
    assert (response.status_code, reason_of(response)) == (500, "INTERNAL_SERVER_ERROR")
    assert "s3cret" not in response.text
    assert response.headers["x-request-id"] == response.json()["meta"]["request_id"]


async def test_every_answer_has_the_security_headers(gateway):
    for path in ("/", "/nope", "/docs", f"{RUN}/r1"):
        headers = (await gateway.http.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["strict-transport-security"] == "max-age=31536000"
        assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert "x-request-id" in headers
