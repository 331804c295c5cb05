import asyncio
import socket

import pytest

from agent import models
from agent.engine.route import Route
from agent.models import list_models
from agent.probe import probe_target
from agent.targets.endpoint import Endpoint
from agent.targets.registry import create
from agent.worker.messages import Workload
from loadcell.errors import LoadcellError
from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.server import serve
from loadcell.target_guard.guard import TargetGuard
from loadcell.target_guard.rules import parse_rules
from loadcell.v1 import target_pb2
from tests.fakes.tcp_server import tcp_server
from tests.patience import PATIENCE_SECONDS


async def test_a_probe_that_is_cancelled_while_its_request_is_under_way_lets_go_of_everything():
    async with serve(Behavior(ttft_ms=60_000)) as server:
        target = target_pb2.TargetSpec(
            server_url=server.url, adapter="openai", model="mock-model", stream=True, timeout_micros=60_000_000
        )
        probing = asyncio.create_task(probe_target(target, Workload(16, 1, 0, 1.0, "", ""), TargetGuard()))
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
        route = Route(Endpoint.parse(url), TargetGuard())
        await route.resolve()
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await list_models(
                target_pb2.TargetSpec(server_url=url), route, create("openai", route.endpoint, model="")
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
            await probe_target(target, Workload(16, 1, 0, 1.0, "", ""), TargetGuard())


def models_elsewhere(location):
    """A server whose list of models is somewhere else; it answers test requests with a word."""

    async def serve_one(reader, writer):
        while head := await reader.readuntil(b"\r\n\r\n"):
            if head.startswith(b"GET"):
                writer.write(f"HTTP/1.1 302 X\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n".encode())
                continue
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.split()[1]))
            body = b'{"choices":[{"message":{"content":"hi"}}],"usage":{"prompt_tokens":16,"completion_tokens":1}}'
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
            writer.write(b"content-length: %d\r\n\r\n%s" % (len(body), body))

    return serve_one


def spec(url, model="m"):
    return target_pb2.TargetSpec(server_url=url, adapter="openai", model=model, timeout_micros=10_000_000)


async def test_a_probe_follows_no_redirect():
    asked = []

    async def elsewhere(reader, writer):
        asked.append(await reader.readuntil(b"\r\n\r\n"))

    async with (
        tcp_server(elsewhere) as other,
        tcp_server(models_elsewhere(f"http://127.0.0.1:{other}/v1/models")) as port,
    ):
        url = f"http://127.0.0.1:{port}"
        result = await probe_target(spec(url), Workload(16, 1, 0, 1.0, "", ""), TargetGuard())
        assert result.model == "m"
        with pytest.raises(LoadcellError, match="status 302"):
            await probe_target(spec(url, model=""), Workload(16, 1, 0, 1.0, "", ""), TargetGuard())
    assert asked == []


async def test_a_probe_looks_a_name_up_once_and_stays_with_its_address(monkeypatch):
    answers = [["127.0.0.1"], ["127.0.0.2"]]

    async def rebinding(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in answers.pop(0)]

    guard = TargetGuard(deny=parse_rules("127.0.0.2"))
    async with serve(Behavior(ttft_ms=0)) as server:
        port = server.url.rpartition(":")[2]
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", rebinding)
        url = f"http://rebinding.example:{port}"
        result = await probe_target(spec(url, model=""), Workload(16, 1, 0, 1.0, "", ""), guard)
        assert result.model == "mock-model"
        assert len(answers) == 1
        with pytest.raises(LoadcellError) as refused:
            await probe_target(spec(url, model=""), Workload(16, 1, 0, 1.0, "", ""), guard)
    assert refused.value.reason == "TARGET_DENIED"


async def test_the_list_of_models_is_asked_of_the_address_in_the_name_of_the_host():
    heads = []

    async def note(reader, writer):
        heads.append((await reader.readuntil(b"\r\n\r\n")).lower())
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    async with tcp_server(note) as port:
        route = Route(Endpoint.parse(f"http://LocalHost:{port}"), TargetGuard(deny=parse_rules("::1")))
        await route.resolve()
        await list_models(target_pb2.TargetSpec(), route, create("openai", route.endpoint, model=""))
    assert f"\r\nhost: localhost:{port}\r\n".encode() in heads[0]
    assert heads[0].count(b"\r\nhost:") == 1
