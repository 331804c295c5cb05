"""Exports over HTTP: created, watched, and downloaded from any byte on."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest
from prometheus_client import CollectorRegistry

from gateway.app import make_app
from gateway.bindings import read_bindings
from gateway.contract import SERVICES
from gateway.listener import Listener, bind, local_address
from gateway.metrics.http import HttpMetrics
from gateway.upstream import Upstream
from loadcell.channel import dial
from loadcell.settings import Address
from tests.integration.exports.watched_jobs import names

JOBS = "/api/v1/export/jobs"


@pytest.fixture
async def http(start, filled, tmp_path) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway before a controller with traces."""
    stored = await filled(tmp_path / "loadcell.db", 20)
    controller = await start(data_dir=tmp_path / "data")
    async with AsyncExitStack() as stack:
        channel = await stack.enter_async_context(dial(controller.address))
        app = make_app(
            read_bindings(SERVICES), Upstream(channel), HttpMetrics(CollectorRegistry()), before_others=None
        )
        listening = stack.enter_context(bind("TEST", Address("127.0.0.1", 0)))
        listener = Listener(app, listening)
        task = asyncio.create_task(listener.run_until_stopped())
        await listener.ready.wait()
        async with httpx.AsyncClient(base_url=f"http://{local_address(listening)}", trust_env=False) as client:
            client.stored = stored
            yield client
        listener.stop()
        await task


async def export(http: httpx.AsyncClient, **request: object) -> str:
    """Create a job, wait for its end and return its path."""
    created = await http.post("/api/v1/export/traces", json=request)
    assert created.status_code == 202, created.text
    data = created.json()["data"]
    assert (data["status"], data["estimated_completion_at"]) == ("pending", None)
    async with asyncio.timeout(60):
        while (job := (await http.get(data["status_url"])).json()["data"])["status"] != "completed":
            assert job["status"] in ("pending", "processing")
            await asyncio.sleep(0.02)
    assert job["metadata"]["can_download"] is True
    return job["download_url"]


async def test_w41_a_file_is_written_and_can_be_downloaded(http, tmp_path):
    path = await export(http, format="json", compression="none", fields=["trace_id", "model"])
    answer = await http.get(path)
    assert answer.status_code == 200
    assert len(answer.json()) == len(http.stored.all())
    assert {one["trace_id"] for one in answer.json()} == set(http.stored.traces)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"].startswith('attachment; filename="traces-')
    assert (answer.headers["accept-ranges"], int(answer.headers["content-length"])) == (
        "bytes",
        len(answer.content),
    )
    assert [name.endswith(".json") for name in names(tmp_path / "data" / "exports")] == [True]
    listed = (await http.get(JOBS, params={"status": "completed"})).json()
    assert (listed["status"], listed["pagination"]["total"], len(listed["data"])) == ("success", 1, 1)


async def test_a_download_goes_on_where_it_was_broken_off(http):
    path = await export(http, format="jsonl")
    whole = (await http.get(path)).content
    tag = (await http.head(path)).headers["etag"]

    async def part(asked: str, **headers: str) -> httpx.Response:
        return await http.get(path, headers={"Range": asked, **headers})

    for asked, first, end in (
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, len(whole)),
        ("bytes=-50", len(whole) - 50, len(whole)),
        (f"bytes={len(whole) - 1}-{len(whole) + 50}", len(whole) - 1, len(whole)),
    ):
        answer = await part(asked)
        assert (answer.status_code, answer.content) == (206, whole[first:end])
        assert answer.headers["content-range"] == f"bytes {first}-{end - 1}/{len(whole)}"
        assert int(answer.headers["content-length"]) == end - first
    assert (await part("bytes=10-", **{"If-Range": tag})).status_code == 206
    for asked, headers in (
        ("bytes=10-", {"If-Range": '"another"'}),
        ("bytes=0-1,5-6", {}),
        ("lines=1-2", {}),
        ("bytes=9-1", {}),
        ("bytes=-", {}),
    ):
        answer = await part(asked, **headers)
        assert (answer.status_code, answer.content) == (200, whole)
    for asked in (f"bytes={len(whole)}-", "bytes=-0"):
        answer = await part(asked)
        assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(whole)}")
        assert answer.json()["error"]["error_code"] == "RANGE_NOT_SATISFIABLE"
    for headers in ({}, {"Range": "bytes=0-9"}):
        head = await http.head(path, headers=headers)
        assert (head.status_code, head.content, int(head.headers["content-length"])) == (200, b"", len(whole))


async def test_a_file_that_the_caller_has_is_not_sent_again(http):
    path = await export(http, format="csv")
    tag = (await http.get(path)).headers["etag"]
    for known in (tag, f'"another", W/{tag}', "*"):
        for headers in ({}, {"Range": "bytes=0-9"}):
            answer = await http.get(path, headers={"If-None-Match": known, **headers})
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
            assert answer.headers["cache-control"].startswith("private")
    for other in ('"another"', tag.strip('"'), "", "\xff"):
        headers = [(b"If-None-Match", other.encode("latin-1"))]
        assert (await http.get(path, headers=headers)).status_code == 200


async def test_an_empty_file_is_a_file(http):
    path = await export(http, format="jsonl", model="nobody")
    answer = await http.get(path)
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")
    assert (await http.get(path, headers={"Range": "bytes=0-"})).status_code == 416


async def test_w41_each_refusal_has_its_status(http):
    unknown = str(uuid.uuid4())
    path = await export(http, format="csv")
    job = path.removesuffix("/download")
    for verb, url, body, status, reason in (
        ("GET", f"{JOBS}/{unknown}", None, 404, "JOB_NOT_FOUND"),
        ("DELETE", f"{JOBS}/{unknown}", None, 404, "JOB_NOT_FOUND"),
        ("GET", f"{JOBS}/{unknown}/download", None, 404, "JOB_NOT_FOUND"),
        ("GET", f"{JOBS}/x", None, 400, "INVALID_FIELD_FORMAT"),
        ("DELETE", job, None, 409, "EXPORT_NOT_READY"),
        ("PUT", path, None, 405, "METHOD_NOT_ALLOWED"),
        ("GET", f"{path}?format=json", None, 400, "UNKNOWN_FIELD"),
        ("GET", f"{JOBS}?limit=-1", None, 400, "LIMIT_EXCEEDED"),
        ("GET", f"{JOBS}?offset=-1", None, 400, "LIMIT_EXCEEDED"),
        ("POST", "/api/v1/export/traces", {"format": "csv", "limit": -1}, 400, "LIMIT_EXCEEDED"),
        ("POST", "/api/v1/export/traces", {"format": "csv", "colour": "red"}, 400, "UNKNOWN_FIELD"),
    ):
        answer = await http.request(verb, url, json=body)
        assert (answer.status_code, answer.json()["error"]["error_code"]) == (status, reason), url


async def test_a_job_that_has_no_file_says_so(http, tmp_path):
    path = await export(http, format="csv")
    for file in (tmp_path / "data" / "exports").iterdir():
        file.unlink()
    answer = await http.get(path)
    assert (answer.status_code, answer.json()["error"]["error_code"]) == (404, "EXPORT_NOT_FOUND")
    created = (await http.post("/api/v1/export/traces", json={"format": "csv", "model": "x"})).json()["data"]
    cancelled = await http.delete(f"{JOBS}/{created['job_id']}")
    if cancelled.status_code == 200:
        assert cancelled.json()["data"]["status"] == "cancelled"
        path = f"{JOBS}/{created['job_id']}/download"
        answer = await http.get(path, headers={"Range": "bytes=0-", "If-None-Match": "*"})
        assert (answer.status_code, answer.json()["error"]["error_code"]) == (409, "EXPORT_NOT_READY")
    assert json.loads(cancelled.content)["meta"]["request_id"]


async def test_a_file_that_is_written_while_it_is_asked_for_comes_whole(http, monkeypatch):
    path = await export(http, format="jsonl")
    whole = (await http.get(path)).content
    told, looked = Upstream.call, []

    async def as_it_was(self, method, *arguments, **more):
        found = await told(self, method, *arguments, **more)
        if method.name == "GetExportJob":
            looked.append(found.data.sha256)
            if len(looked) == 1:
                for name in ("sha256", "file_size_bytes"):
                    found.data.ClearField(name)
        return found

    monkeypatch.setattr(Upstream, "call", as_it_was)
    answer = await http.get(path, headers={"Range": "bytes=10-"})
    assert (answer.status_code, answer.content) == (206, whole[10:])
    assert len(looked) == 2
