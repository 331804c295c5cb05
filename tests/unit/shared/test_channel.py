"""Credentials and request ids reach the server in all four kinds of call."""

import asyncio

import grpc
import pytest
import structlog

from loadcell.channel import SERVER_OPTIONS, dial
from loadcell.settings import Secret


class _Echo(grpc.GenericRpcHandler):
    """Answers every call with the metadata it came with."""

    def service(self, details):
        metadata = dict(details.invocation_metadata)
        answer = f"{metadata.get('x-api-key')} {metadata.get('x-request-id')}".encode()

        async def one(_request, _context):
            return answer

        async def many(_request, _context):
            yield answer

        async def last_of(requests, _context):
            async for _ in requests:
                pass
            return answer

        async def each_of(requests, _context):
            async for _ in requests:
                yield answer

        async def from_where(_request, context):
            return context.peer().encode()

        return {
            "/t/from": grpc.unary_unary_rpc_method_handler(from_where),
            "/t/uu": grpc.unary_unary_rpc_method_handler(one),
            "/t/us": grpc.unary_stream_rpc_method_handler(many),
            "/t/su": grpc.stream_unary_rpc_method_handler(last_of),
            "/t/ss": grpc.stream_stream_rpc_method_handler(each_of),
        }[details.method]


@pytest.fixture
async def server_address():
    server = grpc.aio.server(options=SERVER_OPTIONS)
    server.add_generic_rpc_handlers((_Echo(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


async def _requests():
    yield b""


async def _answers(channel):
    return [
        await channel.unary_unary("/t/uu")(b""),
        await anext(aiter(channel.unary_stream("/t/us")(b""))),
        await channel.stream_unary("/t/su")(_requests()),
        await anext(aiter(channel.stream_stream("/t/ss")(_requests()))),
    ]


async def test_key_and_bound_request_id_are_sent(server_address):
    with structlog.contextvars.bound_contextvars(request_id="r-7"):
        async with dial(server_address, api_key=Secret("key")) as channel:
            assert await _answers(channel) == [b"key r-7"] * 4


async def test_without_a_bound_request_id_each_call_gets_its_own(server_address):
    async with dial(server_address) as channel:
        answers = await _answers(channel)
    assert all(answer.startswith(b"None ") and len(answer) == 41 for answer in answers)
    assert len(set(answers)) == 4


async def test_a_channel_that_is_dialled_anew_has_another_connection(server_address):
    """One that is half open looks alive to gRPC, which would share it between channels to the same place."""
    over = asyncio.Event()

    async def until_over():
        yield b""
        await over.wait()

    async with dial(server_address) as channel:
        hold = channel.stream_stream("/t/ss")(until_over())  # keeps the first connection open
        await hold.read()
        ask = channel.unary_unary("/t/from")
        first, again = await ask(b""), await ask(b"")
        channel.renew()
        second = await ask(b"")
        over.set()
        assert await hold.read() == grpc.aio.EOF
    assert first == again != second
