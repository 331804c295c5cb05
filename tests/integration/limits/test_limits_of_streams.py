"""Streams say at their beginning how their caller stands, and so do downloads over HTTP."""

from __future__ import annotations

import asyncio

from controller.limits.rates import parse_rates
from loadcell.channel import dial
from loadcell.client import Client
from loadcell.settings import Secret
from loadcell.v1 import run_pb2, run_pb2_grpc
from tests.integration.limits.test_limited_calls import gateway
from tests.patience import PATIENCE_SECONDS

BOSS = Secret("the key of the settings")


async def test_a_stream_says_at_its_beginning_how_its_caller_stands(start):
    controller = await start(api_key=BOSS, rate_limits=parse_rates("admin=60000"))
    run_id = await controller.create()
    async with dial(controller.address, api_key=BOSS) as channel:
        watching = run_pb2_grpc.RunServiceStub(channel).WatchRun(run_pb2.WatchRunRequest(run_id=run_id))
        told = dict(await watching.initial_metadata())
        watching.cancel()
    assert told["x-ratelimit-limit"] == "60000"
    assert {"x-request-id", "x-ratelimit-remaining", "x-ratelimit-reset"} <= told.keys()


async def test_a_download_has_the_headers_too(start, tmp_path):
    controller = await start(api_key=BOSS, rate_limits=parse_rates("developer=1/1000"), data_dir=tmp_path)
    async with Client(controller.address, api_key=BOSS.reveal()) as boss:
        key = (await boss.create_api_key("d", role="developer", projects=["a"])).key
    async with gateway(controller.address) as http, asyncio.timeout(PATIENCE_SECONDS):
        http.headers["X-API-Key"] = key
        job = (await http.post("/api/v1/export/traces", json={"format": "csv"})).json()["data"]
        while (asked := await http.get(job["status_url"])).json()["data"]["status"] != "completed":
            await asyncio.sleep(0.02)
        file = await http.get(f"{job['status_url']}/download")
    assert file.status_code == 200
    # A download asks for the job and then for the file.
    standing = [int(answer.headers["X-RateLimit-Remaining"]) for answer in (asked, file)]
    assert standing[0] - standing[1] == 2
