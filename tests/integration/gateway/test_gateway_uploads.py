"""Files sent to a gateway before a real controller."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry

from controller.server import serve
from controller.settings import ControllerSettings
from gateway.app import make_app
from gateway.bindings import read_bindings
from gateway.contract import SERVICES
from gateway.listener import Listener, bind, local_address
from gateway.metrics.http import HttpMetrics
from gateway.protocol import JsonHttpProtocol
from gateway.upstream import Upstream
from loadcell.channel import dial
from loadcell.client import Client
from loadcell.errors import LoadcellError
from loadcell.settings import Address, Secret
from tests.patience import PATIENCE_SECONDS

KEY = "the key of the settings"
ASSETS = "/api/v1/assets"
ROW = b'{"prompt": "' + b"hello " * 170 + b'"}\n'
ROWS = 5_000
LARGE = ROW * ROWS  # 5 MB
TYPE = {"Content-Type": "application/x-ndjson"}


@dataclass
class World:
    """A gateway, a client of it with the key, and where the controller is."""

    http: httpx.AsyncClient
    controller: str

    async def upload(self, content: object, kind: str = "dataset", **headers: str) -> httpx.Response:
        query = {"kind": kind, "filename": "prompts.jsonl"}
        return await self.http.post(ASSETS, params=query, content=content, headers={**TYPE, **headers})

    async def begin(self, head: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Send the head of an upload, and nothing of the file."""
        reader, writer = await asyncio.open_connection(self.http.base_url.host, self.http.base_url.port)
        lines = f"POST {ASSETS}?kind=dataset HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream"
        writer.write(f"{lines}\r\n{head}\r\n\r\n".encode())
        return reader, writer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    settings = ControllerSettings(
        grpc=Address("127.0.0.1", 0), database=tmp_path_factory.mktemp("uploads") / "a.db", api_key=Secret(KEY)
    )
    async with AsyncExitStack() as stack:
        address = str((await stack.enter_async_context(serve(settings))).address)
        upstream = Upstream(await stack.enter_async_context(dial(address)))
        app = make_app(read_bindings(SERVICES), upstream, HttpMetrics(CollectorRegistry()), before_others=None)
        listening = stack.enter_context(bind("TEST", Address("127.0.0.1", 0)))
        listener = Listener(app, listening)
        task = asyncio.create_task(listener.run_until_stopped())
        await asyncio.wait_for(listener.ready.wait(), PATIENCE_SECONDS)
        base_url, key = f"http://{local_address(listening)}", {"X-API-Key": KEY}
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=base_url, trust_env=False, headers=key, timeout=PATIENCE_SECONDS)
        )
        yield World(http, address)
        listener.stop()
        await task


pytestmark = pytest.mark.asyncio(loop_scope="module")


def error_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["error_code"]


async def closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


async def test_a_dataset_is_stored_once_and_runs_may_use_it(world, monkeypatch):
    # What is passed on is not counted among the bodies that are held.
    monkeypatch.setattr("gateway.middleware.body_budget.MOST_BYTES", 1)
    renewed = []
    expect = JsonHttpProtocol._expect_body
    monkeypatch.setattr(JsonHttpProtocol, "_expect_body", lambda self: renewed.append(expect(self)))

    async def pieces():
        for start in range(0, len(LARGE), 100_000):
            yield LARGE[start : start + 100_000]

    digest = hashlib.sha256(LARGE).hexdigest()
    told = {"sha256": digest, "size_bytes": len(LARGE), "row_count": ROWS}
    for content in (pieces(), LARGE):
        response = await world.upload(content)
        assert (response.status_code, response.json()) == (200, told)
        assert response.headers["content-type"] == "application/json"
    # The connection has a deadline for each piece of half a MiB, not for the whole file.
    assert len(renewed) >= 2 * len(LARGE) // 2**19
    plan = {"server_url": "http://127.0.0.1:9", "dataset_asset": digest, "validate_only": True}
    assert (await world.http.post("/api/v1/benchmark/run", json=plan)).status_code == 200
    tokenizer = await world.upload(b'{"model": {}}', "tokenizer")
    assert tokenizer.json()["row_count"] == 0


@pytest.mark.parametrize(
    ("query", "content", "headers", "refusal"),
    [
        (
            "kind=dataset&filename=a.jsonl",
            ROW + b'{"prompt": ""}',
            {},
            (400, "MALFORMED_DATASET", "a.jsonl line 2: "),
        ),
        ("kind=dataset&filename=a", b"", {}, (400, "MALFORMED_DATASET", "a has no rows")),
        ("kind=tokenizer", ROW, {}, (400, "INVALID_FIELD_VALUE", 'it has no "model"')),
        ("kind=picture", ROW, {}, (400, "INVALID_FIELD_VALUE", "tokenizer")),
        ("kind=dataset&filename=a%00", ROW, {}, (400, "INVALID_FIELD_VALUE", "filename must have")),
        ("filename=a", ROW, {}, (400, "MISSING_REQUIRED_FIELD", "kind must be dataset or tokenizer")),
        ("kind=dataset&data=AA", ROW, {}, (400, "UNKNOWN_FIELD", "data")),
        ("kind=dataset", ROW, {"Content-Type": "text/plain"}, (415, "UNSUPPORTED_MEDIA_TYPE", "octet-stream")),
        ("kind=dataset", ROW, {"Content-Type": ""}, (415, "UNSUPPORTED_MEDIA_TYPE", "untyped")),
        ("kind=dataset", ROW, {"Content-Encoding": "gzip"}, (415, "UNSUPPORTED_MEDIA_TYPE", "Encoding")),
        ("kind=dataset", ROW, {"Accept": "text/html"}, (406, "NOT_ACCEPTABLE", "application/json")),
        ("kind=dataset", ROW, {"X-API-Key": ""}, (401, "INVALID_API_KEY", "")),
    ],
)
async def test_what_is_refused_says_why(world, query, content, headers, refusal):
    response = await world.http.post(f"{ASSETS}?{query}", content=content, headers={**TYPE, **headers})
    assert error_of(response) == refusal[:2]
    assert refusal[2] in response.json()["error"]["message"]


async def test_other_methods_are_answered_as_elsewhere(world):
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        response = await world.http.request(method, ASSETS)
        assert (response.status_code, response.headers["allow"]) == (405, "POST, OPTIONS")
    response = await world.http.options(ASSETS)
    assert (response.status_code, response.headers["allow"]) == (204, "POST, OPTIONS")


async def test_a_wrong_key_is_said_to_be_wrong_however_large_the_file(world):
    async with Client(world.controller, api_key="wrong") as client:
        for _ in range(10):
            with pytest.raises(LoadcellError) as refused:
                await client.upload_asset(LARGE, "dataset")
            assert refused.value.reason == "INVALID_API_KEY"
            assert error_of(await world.upload(LARGE, **{"X-API-Key": "wrong"})) == (401, "INVALID_API_KEY")


async def test_who_is_refused_hears_it_before_sending_anything(world):
    too_large = f"X-API-Key: {KEY}\r\nContent-Length: {256 * 2**20 + 1}"
    for head, status in (("X-API-Key: wrong\r\nContent-Length: 1000", b" 401 "), (too_large, b" 413 ")):
        reader, writer = await world.begin(head)
        assert status in await asyncio.wait_for(reader.readline(), PATIENCE_SECONDS)
        await closed(writer)


async def test_a_file_is_for_the_projects_of_who_has_uploaded_it(world):
    keys = {}
    async with Client(world.controller, api_key=KEY) as boss:
        for name, role in (("search", "developer"), ("ads", "developer"), ("reader", "viewer")):
            keys[name] = (await boss.create_api_key(name, role=role, projects=[name])).key
    mine, given = (ROW + b'{"prompt": "%d"}\n' % number for number in range(2))

    async def created(who: str, content: bytes, **fields: object) -> httpx.Response:
        plan = {"server_url": "http://127.0.0.1:9", "dataset_asset": hashlib.sha256(content).hexdigest(), **fields}
        return await world.http.post("/api/v1/benchmark/run", json=plan, headers={"X-API-Key": keys.get(who, KEY)})

    refused = await world.upload(mine, **{"X-API-Key": keys["reader"]})
    assert error_of(refused) == (403, "INSUFFICIENT_PERMISSIONS")
    only_checked = {"validate_only": True}
    stored = await world.upload(mine, **{"X-API-Key": keys["search"]})
    assert (stored.status_code, "x-ratelimit-remaining" in stored.headers) == (200, True)
    for who in ("search", "boss"):
        assert (await created(who, mine, **only_checked)).status_code == 200
    for fields in (only_checked, {}):
        assert error_of(await created("ads", mine, **fields)) == (404, "ASSET_NOT_FOUND")
    # Whoever has the same bytes may use them.
    assert (await world.upload(mine, **{"X-API-Key": keys["ads"]})).status_code == 200
    assert (await created("ads", mine, **only_checked)).status_code == 200
    # Of a caller with all projects it is nobody else's, until a run of a project uses it.
    assert (await world.upload(given)).status_code == 200
    assert error_of(await created("ads", given, **only_checked)) == (404, "ASSET_NOT_FOUND")
    run = (await created("boss", given, project_id="ads")).json()["run_id"]
    assert (await created("ads", given, **only_checked)).status_code == 200
    assert error_of(await created("search", given, **only_checked)) == (404, "ASSET_NOT_FOUND")
    await world.http.delete(f"/api/v1/benchmark/run/{run}")


@pytest.mark.parametrize("where", ["gateway.asset_upload", "controller.assets"])
async def test_a_file_that_turns_out_too_large_is_refused(world, monkeypatch, where):
    monkeypatch.setattr(f"{where}.MAX_ASSET_BYTES", 2**20)

    async def pieces():
        for _ in range(8):
            yield ROW * 200

    assert error_of(await world.upload(pieces())) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_file_that_does_not_go_on_is_cut_off(world, monkeypatch):
    monkeypatch.setattr("gateway.body.READ_TIMEOUT_SECONDS", 0.2)
    reader, writer = await world.begin(f"X-API-Key: {KEY}\r\nContent-Length: 1000")
    writer.write(ROW[:100])
    assert b" 504 " in await asyncio.wait_for(reader.readline(), PATIENCE_SECONDS)
    await closed(writer)
