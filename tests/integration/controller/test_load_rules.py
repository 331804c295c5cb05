"""What a controller starts: targets it lets load be aimed at, and much load only when that is meant."""

from __future__ import annotations

import asyncio
import socket

import grpc
import pytest

from controller.load_rules import LoadRules
from controller.project import Project
from loadcell.errors import LoadcellError
from loadcell.rpc_errors import from_rpc_error
from loadcell.target_guard.guard import TargetGuard
from loadcell.target_guard.rules import parse_rules
from loadcell.v1 import result_pb2
from tests.patience import PATIENCE_SECONDS


async def refused(call) -> LoadcellError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return from_rpc_error(caught.value)


@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "2852039166", "0251.0376.0251.0376", "[::ffff:a9fe:a9fe]", "Metadata.google.internal"],
)
async def test_targets_that_are_denied_anyway_are_refused_at_once(controller, host):
    for extra in ({}, {"validate_only": True}):
        error = await refused(controller.create(server_url=f"http://{host}/v1", **extra))
        assert (error.reason, error.field) == ("TARGET_DENIED", "server_url")
        assert "metadata service" in error.message


async def test_a_name_is_refused_when_all_its_addresses_are(start):
    controller = await start(target_deny=parse_rules("127.0.0.0/8,::1"))
    error = await refused(controller.create(server_url="http://localhost:9"))
    assert error.reason == "TARGET_DENIED"
    assert "localhost (" in error.message
    assert "LOADCELL_TARGET_DENY" in error.message
    await controller.create(server_url="http://10.0.0.7:8000", validate_only=True)


async def test_with_an_allow_list_nothing_else_is_a_target(start):
    controller = await start(target_allow=parse_rules("127.0.0.1:9,*.example.com"))
    await controller.create(server_url="http://127.0.0.1:9", validate_only=True)
    await controller.create(server_url="http://llm.example.com", validate_only=True)
    for url in ("http://127.0.0.1:10", "http://127.0.0.2:9", "http://example.com"):
        assert (await refused(controller.create(server_url=url))).reason == "TARGET_DENIED"


async def test_a_name_that_is_not_known_here_or_not_soon_is_left_to_the_agents(monkeypatch):
    monkeypatch.setattr("controller.load_rules.LOOKUP_SECONDS", 0.05)
    rules = LoadRules(TargetGuard(deny=parse_rules("192.0.2.0/24")), 0, 0)
    run, project = result_pb2.RunConfig(server_url="http://llm.example"), Project("default")
    asked = []

    async def silent(host, port, **_):
        asked.append(host)
        await asyncio.Event().wait()

    async def unknown(host, port, **_):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def mixed(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in ("192.0.2.1", "198.51.100.1")]

    async def denied(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", port))]

    async with asyncio.timeout(PATIENCE_SECONDS):
        for resolver in (silent, unknown, mixed):
            monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolver)
            await rules.apply(run, project)
        assert asked == ["llm.example"]
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", denied)
        with pytest.raises(LoadcellError, match=r"llm\.example \(192\.0\.2\.1:80\)"):
            await rules.apply(run, project)


async def test_much_load_must_be_acknowledged(start):
    controller = await start(acknowledge_rate=100.0, acknowledge_concurrency=20)
    for load, field, numbers in (
        ({"rate": [5, 100.5]}, "RATE", ("rate 100.5 ", " 100 ")),
        ({"concurrency": [1, 21], "num_prompts": 100}, "CONCURRENCY", ("concurrency 21 ", " 20 ")),
    ):
        error = await refused(controller.create(**load))
        assert (error.reason, error.field) == ("LOAD_NOT_ACKNOWLEDGED", "acknowledge_load")
        assert all(number in error.message for number in numbers), error.message
        assert f"LOADCELL_ACKNOWLEDGE_{field}" in error.message
        await controller.create(**load, acknowledge_load=True, validate_only=True)
    await controller.create(rate=[100], validate_only=True)
    await controller.create(concurrency=[20], num_prompts=20, validate_only=True)


async def test_without_limits_nothing_is_asked(start):
    controller = await start(acknowledge_rate=0.0, acknowledge_concurrency=0)
    await controller.create(rate=[10_000_000], validate_only=True)
    await controller.create(concurrency=[100_000], num_prompts=100_000, validate_only=True)
