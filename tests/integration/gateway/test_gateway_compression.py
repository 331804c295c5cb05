"""Answers in fewer bytes, seen without a client that undoes it."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import pytest
import pytest_asyncio
import zstandard
from google.api import httpbody_pb2
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from gateway.middleware.compression import IN_A_THREAD_BYTES, LEAST_BYTES, Compression
from loadcell.v1 import run_pb2

pytestmark = pytest.mark.asyncio(loop_scope="module")

HISTORY = "/api/v1/benchmark/history"
EXPORT = "/api/v1/benchmark/result/r1/export"
DECODERS = {"gzip": gzip.decompress, "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body)}


async def raw(client: Any, path: str, accepted: str, method: str = "GET", **headers: str) -> tuple[Any, bytes]:
    async with client.stream(method, path, headers={"Accept-Encoding": accepted, **headers}) as response:
        return response, b"".join([part async for part in response.aiter_raw()])


@pytest.fixture
def many_runs(gateway):
    runs = [run_pb2.Run(run_id=f"run-{number}", status="completed") for number in range(50)]
    gateway.controller.answers["ListRuns"] = run_pb2.ListRunsResponse(runs=runs, total=50)


@pytest.mark.usefixtures("many_runs")
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
async def test_lists_are_compressed_as_the_client_asks(gateway, coding):
    plain, whole = await raw(gateway.http, HISTORY, "identity")
    assert "content-encoding" not in plain.headers
    assert json.loads(whole)["total"] == 50
    response, body = await raw(gateway.http, HISTORY, f"br;q=1, {coding};q=0.8, identity;q=0.1")
    assert response.headers["content-encoding"] == coding
    assert DECODERS[coding](body) == whole
    assert int(response.headers["content-length"]) == len(body) < len(whole) / 2
    for each in (plain, response):
        assert "accept-encoding" in each.headers["vary"].lower()
    head, nothing = await raw(gateway.http, HISTORY, coding, "HEAD")
    assert (head.headers["content-length"], head.headers["content-encoding"]) == (str(len(body)), coding)
    assert nothing == b""


@pytest.mark.usefixtures("many_runs")
async def test_an_answer_that_the_caller_has_compressed_is_known(gateway):
    first, _ = await raw(gateway.http, HISTORY, "gzip")
    tag = first.headers["etag"]
    assert tag.endswith('-gzip"')
    again, body = await raw(gateway.http, HISTORY, "gzip", **{"If-None-Match": tag})
    assert (again.status_code, again.headers["etag"], body) == (304, tag, b"")
    assert (await raw(gateway.http, HISTORY, "identity", **{"If-None-Match": tag}))[0].status_code == 200


async def test_small_answers_stay_as_they_are(gateway):
    response, body = await raw(gateway.http, "/alive", "gzip, zstd")
    assert body == b'{"status":"alive","service":"loadcell-gateway"}'
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize(
    ("media_type", "size", "is_compressed"),
    [
        ("text/csv; charset=utf-8", 5_000, True),
        ("text/html", IN_A_THREAD_BYTES, True),
        ("application/json", LEAST_BYTES - 1, False),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 5_000, False),
        ("application/gzip", 5_000, False),
    ],
)
async def test_files_are_compressed_unless_they_are_already(gateway, media_type, size, is_compressed):
    data = b"a,b\n" * (size // 4) + b"c" * (size % 4)
    gateway.controller.answers["DownloadRunResult"] = httpbody_pb2.HttpBody(content_type=media_type, data=data)
    response, body = await raw(gateway.http, f"{EXPORT}?format=csv", "gzip")
    assert ("content-encoding" in response.headers) == is_compressed
    assert (gzip.decompress(body) if is_compressed else body) == data


async def test_pages_are_compressed(gateway):
    response, body = await raw(gateway.http, "/docs/docs.js", "zstd")
    assert response.headers["content-encoding"] == "zstd"
    assert DECODERS["zstd"](body).startswith(b"/")


async def tagged(request: Any) -> Response:
    headers = {"ETag": '"abc"', "Vary": "Authorization, Accept-Encoding"}
    if '"abc"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(b"[" + b"1," * 2_000 + b"1]", media_type="application/json", headers=headers)


async def events(_request: Any) -> Response:
    async def slowly() -> Any:
        yield "data: 1\n\n" * 500
        await told.wait()
        yield "data: 2\n\n"

    return StreamingResponse(slowly(), media_type="text/event-stream")


told = asyncio.Event()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tags(serve_app):
    app = Starlette(routes=[Route("/tagged", tagged), Route("/events", events)])
    async with serve_app(Compression(app)) as client:
        yield client


@pytest.mark.parametrize(
    ("accepted", "known", "status", "tag"),
    [
        ("identity", "", 200, '"abc"'),
        ("gzip", "", 200, '"abc-gzip"'),
        ("zstd", "", 200, '"abc-zstd"'),
        ("gzip", '"abc-gzip"', 304, '"abc-gzip"'),
        ("gzip", '"x", W/"abc-gzip"', 304, '"abc-gzip"'),
        ("gzip", '"abc"', 304, '"abc"'),
        ("gzip", '"abc-zstd"', 200, '"abc-gzip"'),
        ("identity", '"abc-gzip"', 200, '"abc"'),
        ("identity", '"abc"', 304, '"abc"'),
    ],
)
async def test_each_compression_has_a_tag_of_its_own_that_is_known_again(tags, accepted, known, status, tag):
    headers = {"If-None-Match": known} if known else {}
    response, body = await raw(tags, "/tagged", accepted, **headers)
    assert (response.status_code, response.headers["etag"], bool(body)) == (status, tag, status == 200)
    assert response.headers["vary"] == "Authorization, Accept-Encoding"


async def test_events_arrive_one_by_one(tags):
    async with tags.stream("GET", "/events", headers={"Accept-Encoding": "gzip"}) as response:
        assert "content-encoding" not in response.headers
        pieces = response.aiter_raw()
        assert (await anext(pieces)).startswith(b"data: 1")
        told.set()
        assert (b"".join([piece async for piece in pieces])).endswith(b"data: 2\n\n")
