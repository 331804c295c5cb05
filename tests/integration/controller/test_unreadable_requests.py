"""Requests that are no messages are refused like any others that are wrong."""

from __future__ import annotations

import grpc
import pytest

from loadcell.channel import dial
from loadcell.rpc_errors import from_rpc_error
from loadcell.settings import Secret
from loadcell.v1 import trace_pb2

SEARCH = "/loadcell.v1.TraceService/SearchTraces"
SUBSCRIBE = "/loadcell.v1.EventService/Subscribe"


def nested(depth: int) -> bytes:
    request = trace_pb2.SearchTracesRequest()
    node = request.filter
    for _ in range(depth):
        node = node.filters.add()
    node.field = "model"
    return request.SerializeToString()


async def answer(channel: grpc.aio.Channel, method: str, request: bytes) -> bytes:
    if method == SUBSCRIBE:
        return await anext(aiter(channel.unary_stream(method)(request)))
    return await channel.unary_unary(method)(request)


async def refusal(channel: grpc.aio.Channel, method: str, request: bytes) -> tuple[str, grpc.StatusCode]:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await answer(channel, method, request)
    return from_rpc_error(refused.value).reason, refused.value.code()


@pytest.mark.parametrize(
    ("method", "request_"),
    [(SEARCH, b"\xff"), (SEARCH, b"\x0a\x05ab"), (SEARCH, nested(150)), (SUBSCRIBE, b"\xff")],
    ids=["garbage", "torn", "deep", "of a stream"],
)
async def test_what_is_no_message_is_refused(controller, method, request_):
    found = await refusal(controller.channel, method, request_)
    assert found == ("INVALID_REQUEST", grpc.StatusCode.INVALID_ARGUMENT)


async def test_who_has_no_key_is_not_told_what_is_wrong(start):
    controller = await start(api_key=Secret("k" * 40))
    async with dial(controller.address) as channel:
        assert (await refusal(channel, SEARCH, b"\xff"))[1] == grpc.StatusCode.UNAUTHENTICATED
