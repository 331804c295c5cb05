import asyncio

import pytest

from agent import models
from agent.models import list_models
from agent.probe import probe_target
from agent.targets.endpoint import Endpoint
from agent.targets.registry import create
from agent.worker.messages import Workload
from loadcell.errors import LoadcellError
from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.server import serve
from loadcell.v1 import target_pb2
from tests.fakes.tcp_server import tcp_server
from tests.patience import PATIENCE_SECONDS


async def test_a_probe_that_is_cancelled_while_its_request_is_under_way_lets_go_of_everything():
    async with serve(Behavior(ttft_ms=60_000)) as server:
        target = target_pb2.TargetSpec(
            server_url=server.url, adapter="openai", model="mock-model", stream=True, timeout_micros=60_000_000
        )
        probing = asyncio.create_task(probe_target(target, Workload(16, 1, 0, 1.0, "", "")))
        while not server.requests:
            await asyncio.sleep(0.01)
        probing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probing


async def test_a_list_of_models_that_drips_is_given_up(monkeypatch):
    async def drip(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    monkeypatch.setattr(models, "_TIMEOUT_SECONDS", 0.3)
    async with tcp_server(drip) as port:
        url = f"http://127.0.0.1:{port}"
        endpoint = Endpoint.parse(url)
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await list_models(
                target_pb2.TargetSpec(server_url=url), endpoint, create("openai", endpoint, model="")
            )
    assert (found.names, found.message) == ((), "no complete list of models within 0.3 s")


async def test_the_refusal_of_the_list_of_models_does_not_repeat_the_credential():
    async def refuse(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        body = b"unknown key " + head.partition(b"uthorization: Bearer ")[2].split(b"\r\n")[0]
        writer.write(b"HTTP/1.1 401 No\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))

    async with tcp_server(refuse) as port:
        target = target_pb2.TargetSpec(
            server_url=f"http://127.0.0.1:{port}",
            adapter="openai",
            api_key="sk-very-secret",
            timeout_micros=10_000_000,
        )
        with pytest.raises(LoadcellError, match=r"401: unknown key \[redacted\]"):
            await probe_target(target, Workload(16, 1, 0, 1.0, "", ""))
