"""A server that stops: what is endless is ended, what is being served finishes, and who comes is refused."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest

from controller.interceptors.around import Interceptor
from controller.interceptors.errors import errors
from controller.interceptors.stopping import ENDLESS, Calls, stop_serving
from controller.surface import SERVICES
from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import agent_pb2, event_pb2, export_pb2, run_pb2
from tests.patience import PATIENCE_SECONDS

SUBSCRIBE, UNARY = "/loadcell.v1.EventService/Subscribe", "/loadcell.v1.EventService/Unary"
FINITE = {
    "/loadcell.v1.AgentService/GetAsset",
    "/loadcell.v1.ExportService/DownloadExport",
    "/loadcell.v1.RunService/AnalyzeRun",
    "/loadcell.v1.RunService/ExportRunResult",
}


class Service:
    """A stream that goes on for ever, and a call that ends when it is told to."""

    def __init__(self, size: int = 1) -> None:
        self.size = size
        self.begun, self.finish = asyncio.Event(), asyncio.Event()

    async def subscribe(self, _request, _context):
        while True:
            yield bytes(self.size)
            if self.size == 1:
                await asyncio.Event().wait()

    async def unary(self, request, _context):
        self.begun.set()
        await self.finish.wait()
        return request


@asynccontextmanager
async def served(service: Service):
    calls = Calls()
    server = grpc.aio.server(interceptors=[Interceptor([errors, calls.around])])
    handlers = {
        "Subscribe": grpc.unary_stream_rpc_method_handler(service.subscribe),
        "Unary": grpc.unary_unary_rpc_method_handler(service.unary),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("loadcell.v1.EventService", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield server, calls, channel
    finally:
        await server.stop(None)


async def refusal(call) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return refused.value


async def test_what_is_being_served_finishes_and_nothing_else_goes_on():
    service = Service()
    async with served(service) as (server, calls, channel), asyncio.timeout(PATIENCE_SECONDS):
        stream = channel.unary_stream(SUBSCRIBE)(b"")
        await stream.read()
        going = channel.unary_unary(UNARY)(b"answer")
        await service.begun.wait()
        stopping = asyncio.create_task(stop_serving(server, calls, PATIENCE_SECONDS))
        ended = await refusal(stream.read())
        assert from_rpc_error(ended).reason == "SERVICE_UNAVAILABLE"
        assert dict(ended.trailing_metadata())["retry-after"] == "1"
        assert (await refusal(channel.unary_unary(UNARY)(b""))).code() is grpc.StatusCode.UNAVAILABLE
        assert not stopping.done()
        service.finish.set()
        assert await going == b"answer"
        await stopping


async def test_a_call_that_comes_while_the_server_stops_is_refused():
    async with served(Service()) as (_, calls, channel):
        calls.stop()
        for call in (channel.unary_unary(UNARY)(b""), channel.unary_stream(SUBSCRIBE)(b"").read()):
            refused = await refusal(call)
            assert from_rpc_error(refused).reason == "SERVICE_UNAVAILABLE"
            assert dict(refused.trailing_metadata())["retry-after"] == "1"
        await calls.ended()


async def test_a_call_that_takes_too_long_is_cut():
    service = Service()
    async with served(service) as (server, calls, channel), asyncio.timeout(PATIENCE_SECONDS):
        going = channel.unary_unary(UNARY)(b"")
        await service.begun.wait()
        await stop_serving(server, calls, 0)
        assert (await refusal(going)).code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


async def test_a_stream_that_nobody_reads_keeps_nobody_waiting():
    async with served(Service(size=1_000_000)) as (server, calls, channel), asyncio.timeout(PATIENCE_SECONDS):
        stream = channel.unary_stream(SUBSCRIBE)(b"")
        await stream.read()
        await stop_serving(server, calls, 10 * PATIENCE_SECONDS)


def test_every_stream_of_answers_is_known_to_end_or_not_to():
    files = (agent_pb2, event_pb2, export_pb2, run_pb2)
    services = [service for file in files for service in file.DESCRIPTOR.services_by_name.values()]
    streaming = {
        f"/{service.full_name}/{method.name}"
        for service in services
        for method in service.methods
        if method.server_streaming
    }
    assert {service.full_name for service in services} <= set(SERVICES)
    assert streaming == FINITE | {method for method in ENDLESS if method.startswith("/loadcell.")}
