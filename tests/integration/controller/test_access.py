"""What surrounds every call: the API key, the request id, errors, metrics, health."""

from __future__ import annotations

import asyncio
import sqlite3
import urllib.request

import grpc
import pytest
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from loadcell.channel import dial
from loadcell.rpc_errors import from_rpc_error
from loadcell.settings import Address, Secret
from loadcell.v1 import agent_pb2, agent_pb2_grpc, run_pb2, run_pb2_grpc
from tests.patience import PATIENCE_SECONDS


async def of_every_kind(channel: grpc.aio.Channel, metadata=(), *, heard=False) -> list[grpc.aio.AioRpcError]:
    """Call one method of each kind and return how each was refused.

    A caller who is to be refused unheard sends nothing, and nobody sends more than is read: of a write that came
    too late grpc.aio tells (INTERNAL) instead of the answer of the server.
    """
    runs, agents = run_pb2_grpc.RunServiceStub(channel), agent_pb2_grpc.AgentServiceStub(channel)
    answered = asyncio.Event()

    async def upload():
        if heard:
            yield run_pb2.UploadAssetRequest()
            return  # an upload is read to its end
        await answered.wait()

    async def session():
        if heard:
            yield agent_pb2.SessionRequest(heartbeat=agent_pb2.Heartbeat())
        await answered.wait()

    calls = [
        runs.GetRun(run_pb2.GetRunRequest(run_id="x"), metadata=metadata),
        runs.WatchRun(run_pb2.WatchRunRequest(run_id="x"), metadata=metadata),
        runs.UploadAsset(upload(), metadata=metadata),
        agents.Session(session(), metadata=metadata),
    ]
    refused = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        for call in calls:
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await (call.read() if hasattr(call, "read") else call)
            refused.append(error.value)
    answered.set()
    return refused


async def reasons(channel: grpc.aio.Channel, metadata=(), *, heard=False) -> list[str]:
    return [from_rpc_error(error).reason for error in await of_every_kind(channel, metadata, heard=heard)]


ACCEPTED = ["RUN_NOT_FOUND", "RUN_NOT_FOUND", "MISSING_REQUIRED_FIELD", "INVALID_REQUEST"]


async def test_api_key_guards_all_four_kinds_of_calls(start):
    controller = await start(api_key=Secret("right"))
    async with dial(controller.address) as bare, dial(controller.address, api_key=Secret("wrong")) as wrong:
        # A busy machine may need a second attempt to connect.
        await asyncio.gather(bare.channel_ready(), wrong.channel_ready())
        assert await reasons(bare) == ["MISSING_AUTHORIZATION"] * 4
        assert await reasons(wrong) == ["INVALID_API_KEY"] * 4
        assert await reasons(bare, (("authorization", "Bearer right"),), heard=True) == ACCEPTED
        assert await reasons(bare, (("authorization", "Bearer wrong"),)) == ["INVALID_API_KEY"] * 4
        assert await reasons(bare, (("authorization", "Basic right"),)) == ["MISSING_AUTHORIZATION"] * 4
    assert await reasons(controller.channel, heard=True) == ACCEPTED
    assert {error.code() for error in await of_every_kind(controller.channel, heard=True)} == {
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.INVALID_ARGUMENT,
    }


async def test_health_is_open_and_reflection_is_not(start):
    controller = await start(api_key=Secret("right"))

    async def ask():
        yield reflection_pb2.ServerReflectionRequest(list_services="")

    async with dial(controller.address) as bare:
        health = health_pb2_grpc.HealthStub(bare)
        for service in ("", "loadcell.v1.RunService"):
            answer = await health.Check(health_pb2.HealthCheckRequest(service=service))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        watch = health.Watch(health_pb2.HealthCheckRequest(service=""))
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
        watch.cancel()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await reflection_pb2_grpc.ServerReflectionStub(bare).ServerReflectionInfo(ask()).read()
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    listed = await reflection_pb2_grpc.ServerReflectionStub(controller.channel).ServerReflectionInfo(ask()).read()
    names = {service.name for service in listed.list_services_response.service}
    assert names >= {"loadcell.v1.RunService", "loadcell.v1.AgentService", "loadcell.v1.FleetService"}


async def test_request_id_is_kept_or_made_and_sent_back(start):
    controller = await start()
    async with grpc.aio.insecure_channel(controller.address) as channel:
        runs = run_pb2_grpc.RunServiceStub(channel)
        for given, kept in (("my-id.1", True), ("with space", False), (None, False)):
            metadata = () if given is None else (("x-request-id", given),)
            call = runs.ListRuns(run_pb2.ListRunsRequest(), metadata=metadata)
            sent_back = dict(await call.trailing_metadata())["x-request-id"]
            assert (sent_back == given) is kept
            assert sent_back


CALLED = (("x-request-id", "abc"), ("x-client-address", "192.0.2.7"))


async def test_every_line_of_a_call_carries_its_request_id(controller):
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        await controller.runs.CreateRun(
            run_pb2.CreateRunRequest(server_url="http://x", model="m"), metadata=CALLED
        )
    of_call = [line for line in lines if line.get("request_id") == "abc"]
    assert [line["event"] for line in of_call][:2] == ["request_started", "benchmark_request_received"]
    assert of_call[0]["client_ip"] == "192.0.2.7"
    completed = next(line for line in of_call if line["event"] == "request_completed")
    assert completed["status_code"] == "OK"
    assert completed["method"] == "/loadcell.v1.RunService/CreateRun"
    assert completed["duration_ms"] >= 0
    received = of_call[1]
    assert (received["server_url"], received["model"], received["adapter"]) == ("http://x", "m", "openai")


async def test_unexpected_error_is_logged_and_never_sent(controller, monkeypatch):
    def broken(*_args, **_more):
        raise KeyError("a secret detail")

    monkeypatch.setattr("controller.services.run.page_of_runs", broken)
    with (
        structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as lines,
        pytest.raises(grpc.aio.AioRpcError) as refused,
    ):
        await controller.runs.ListRuns(run_pb2.ListRunsRequest(), metadata=(("x-request-id", "abc"),))
    assert refused.value.code() is grpc.StatusCode.INTERNAL
    assert "secret detail" not in str(refused.value.details()) + str(refused.value.trailing_metadata())
    failed = next(line for line in lines if line["event"] == "request_failed")
    assert (failed["request_id"], failed["error_type"]) == ("abc", "KeyError")


async def test_database_error_has_its_own_reason(controller):
    with sqlite3.connect(controller.database) as database:
        database.execute("DROP TABLE agents")
    database.close()
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await controller.agent()
    assert from_rpc_error(refused.value).reason == "DATABASE_ERROR"
    assert "agents" not in refused.value.details()


def fetch(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode()


async def test_calls_are_counted_by_status(start, unused_tcp_port):
    controller = await start(metrics=Address("127.0.0.1", unused_tcp_port))
    await controller.runs.ListRuns(run_pb2.ListRunsRequest())
    with pytest.raises(grpc.aio.AioRpcError):
        await controller.run("nothing")
    with pytest.raises(grpc.aio.AioRpcError):
        await controller.channel.unary_unary("/loadcell.v1.RunService/NoSuchMethod")(b"")
    text = await asyncio.to_thread(fetch, f"http://127.0.0.1:{unused_tcp_port}/metrics")
    label = 'grpc_service="loadcell.v1.RunService"'
    assert f'grpc_server_handled_total{{grpc_code="OK",grpc_method="ListRuns",{label}}} 1.0' in text
    assert f'grpc_server_handled_total{{grpc_code="NOT_FOUND",grpc_method="GetRun",{label}}} 1.0' in text
    assert "NoSuchMethod" not in text
    assert "grpc_server_handling_seconds_bucket" in text
