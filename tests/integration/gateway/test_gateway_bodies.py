"""Bodies that together, or in what they hold, would be too much."""

from __future__ import annotations

import asyncio
import json

import pytest

from gateway.middleware import body_budget
from loadcell.documents.text import MAX_VALUES
from loadcell.v1 import run_pb2
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")

RUN = "/api/v1/benchmark/run"
JSON = {"Content-Type": "application/json"}


async def test_S7_large_bodies_are_bounded_together_and_small_ones_always_taken(gateway, monkeypatch):
    monkeypatch.setattr(body_budget, "MOST_BYTES", 300_000)
    gateway.controller.answers["CreateRun"] = run_pb2.CreateRunResponse(run_id="r1")
    large = json.dumps({"server_url": "http://127.0.0.1:1", "notes": "x" * 200_000}).encode()
    url = gateway.http.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = f"POST {RUN} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    async with asyncio.timeout(PATIENCE_SECONDS):
        writer.write(f"{head}Content-Length: {len(large)}\r\n\r\n".encode() + large[:-1])
        while (refused := await gateway.http.post(RUN, content=large, headers=JSON)).status_code != 503:
            pass  # the first has not arrived yet
        assert refused.json()["error"]["error_code"] == "SERVICE_UNAVAILABLE"
        assert "retry-after" in refused.headers
        assert (await gateway.http.post(RUN, json={"server_url": "http://127.0.0.1:1"})).status_code == 200
        writer.write(large[-1:])
        await reader.readline()
        while (await gateway.http.post(RUN, content=large, headers=JSON)).status_code == 503:
            pass  # the first has not been let go of yet
    writer.close()
    await writer.wait_closed()


async def test_S7_bodies_of_very_many_values_are_refused_before_they_are_read(gateway):
    body = b'{"concurrency": [' + b"1," * MAX_VALUES + b"1]}"
    refused = await gateway.http.post(RUN, content=body, headers=JSON)
    assert (refused.status_code, refused.json()["error"]["error_code"]) == (400, "LIMIT_EXCEEDED")
    assert gateway.controller.calls == []
