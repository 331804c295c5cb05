"""What goes around calls does so for all four kinds, in its order, and ends with the call."""

import asyncio
import gc
import weakref
from contextlib import asynccontextmanager

import grpc
import pytest

from controller.interceptors.around import Interceptor
from controller.interceptors.errors import errors
from loadcell.errors import LoadcellError
from tests.patience import PATIENCE_SECONDS


async def one(request, _context):
    return b"<" + request


async def many(request, _context):
    for _ in range(2):
        yield request


async def last_of(requests, _context):
    answer = b""
    async for request in requests:
        answer = request
    return answer


async def each_of(requests, _context):
    async for request in requests:
        yield request


async def written(request, context):
    await context.write(request)


async def broken(_request, _context):
    yield b"first"
    raise RuntimeError


METHODS = {
    "Unary": grpc.unary_unary_rpc_method_handler(one),
    "Answers": grpc.unary_stream_rpc_method_handler(many),
    "Requests": grpc.stream_unary_rpc_method_handler(last_of),
    "Both": grpc.stream_stream_rpc_method_handler(each_of),
    "Written": grpc.unary_stream_rpc_method_handler(written),
    "Broken": grpc.unary_stream_rpc_method_handler(broken),
}


@asynccontextmanager
async def served(arounds, methods=METHODS):
    server = grpc.aio.server(interceptors=[Interceptor(arounds)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Service", methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield channel
    finally:
        await server.stop(None)


class Noted:
    """Goes around calls and notes what it sees."""

    def __init__(self):
        self.lines = []
        self.made = []
        self.ended = asyncio.Event()

    def named(self, name):
        def around(method, call):
            self.made.append((name, method))

            async def noted(request, context):
                self.lines.append(f"{name} begins")
                try:
                    return await call(request, context)
                except BaseException as error:
                    self.lines.append(f"{name} sees {type(error).__name__}")
                    raise
                finally:
                    self.lines.append(f"{name} ends")
                    self.ended.set()

            return noted

        return around


async def two():
    for text in (b"a", b"b"):
        yield text


ANSWERS = {"Unary": [b"<a"], "Answers": [b"a", b"a"], "Requests": [b"b"], "Both": [b"a", b"b"], "Written": [b"a"]}


async def answers_of(channel, method):
    """Call a method of any kind and return its answers."""
    path = f"/test.Service/{method}"
    match method:
        case "Unary" | "Refused":
            return [await channel.unary_unary(path)(b"a")]
        case "Requests":
            return [await channel.stream_unary(path)(two())]
        case "Both":
            return [answer async for answer in channel.stream_stream(path)(two())]
        case _:
            return [answer async for answer in channel.unary_stream(path)(b"a")]


@pytest.mark.parametrize("method", ANSWERS)
async def test_all_kinds_of_calls_are_surrounded_in_order(method):
    noted = Noted()
    async with served([noted.named("outer"), noted.named("inner")]) as channel:
        assert await answers_of(channel, method) == ANSWERS[method]
        assert noted.lines == ["outer begins", "inner begins", "inner ends", "outer ends"]


async def test_a_method_is_wrapped_once_and_by_its_own_name():
    noted = Noted()
    async with served([noted.named("it")]) as channel:
        for method in ("Unary", "Both", "Unary", "Both"):
            assert await answers_of(channel, method) == ANSWERS[method]
    assert noted.made == [("it", "/test.Service/Unary"), ("it", "/test.Service/Both")]
    assert noted.lines.count("it begins") == 4


async def test_an_unknown_method_stays_unknown():
    noted = Noted()
    async with served([noted.named("it")]) as channel:
        for _ in range(2):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await channel.unary_unary("/test.Service/Nothing")(b"")
            assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert noted.made == noted.lines == []


async def test_what_a_stream_raises_is_seen_by_all():
    noted = Noted()
    async with served([noted.named("outer"), noted.named("inner")]) as channel:
        with pytest.raises(grpc.aio.AioRpcError):
            await answers_of(channel, "Broken")
    assert noted.lines[2:4] == ["inner sees RuntimeError", "inner ends"]
    assert noted.lines[4:] == ["outer sees RuntimeError", "outer ends"]


@pytest.mark.parametrize("waits", [False, True], ids=["while it writes", "while it waits"])
async def test_a_handler_ends_before_what_is_around_it_when_the_caller_goes(waits):
    noted = Noted()

    async def endless(request, _context):
        try:
            while True:
                yield bytes(100_000)  # more than is taken in advance
                if waits:
                    await asyncio.Event().wait()
        finally:
            noted.lines.append("handler ends")

    methods = {"Endless": grpc.unary_stream_rpc_method_handler(endless)}
    async with served([noted.named("it")], methods) as channel:
        call = channel.unary_stream("/test.Service/Endless")(b"a")
        await call.read()
        call.cancel()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await noted.ended.wait()
    assert noted.lines == ["it begins", "handler ends", "it sees CancelledError", "it ends"]


class Request:
    """What bytes are decoded to: unlike those, it can be looked after."""

    def __init__(self, _: bytes):
        decoded.append(weakref.ref(self))


decoded: list[weakref.ref] = []


async def refused(request, _context):
    try:
        int(request)
    except TypeError as error:
        raise LoadcellError("INVALID_REQUEST", "no") from error


async def refused_later(request, context):
    yield b"first"
    await refused(request, context)


@pytest.mark.parametrize("method", ["Refused", "Later"])
async def test_nothing_is_kept_of_a_refused_call(method):
    methods = {
        "Refused": grpc.unary_unary_rpc_method_handler(refused, Request),
        "Later": grpc.unary_stream_rpc_method_handler(refused_later, Request),
    }
    gc.disable()
    try:
        async with served([errors], methods) as channel:
            for _ in range(3):
                with pytest.raises(grpc.aio.AioRpcError) as told:
                    await answers_of(channel, method)
                assert told.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert len(decoded) == 3
            async with asyncio.timeout(PATIENCE_SECONDS):
                while any(request() for request in decoded):
                    await asyncio.sleep(0.01)
    finally:
        decoded.clear()
        gc.enable()
