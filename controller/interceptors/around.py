"""One wrapper for all four kinds of calls: what happens around a call is a function of the call it goes around."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from loadcell.errors import LoadcellError

Context = grpc.aio.ServicerContext[Any, Any]
Call = Callable[[Any, Context], Awaitable[Any]]
"""Serves a call: takes the request, or all of a stream, and returns the answer, or writes all of a stream."""
Around = Callable[[str, Call], Call]
"""Puts something around the calls of one method, which it gets the full name of."""
_Decode = Callable[[bytes], Any]
_Encode = Callable[[Any], bytes]


class Interceptor(grpc.aio.ServerInterceptor):
    """Serves every call, whatever its kind, inside what goes around it; the first is the outermost.

    Each method is wrapped once, when it is first called, for every call waits for whatever is done here.
    """

    def __init__(self, arounds: Sequence[Around]) -> None:
        self._arounds = arounds
        self._wrapped: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Return the handler with its behaviour wrapped; an unknown method keeps its missing handler."""
        method = handler_call_details.method
        if method not in self._wrapped:
            found = await continuation(handler_call_details)
            if found is None:
                return None
            self._wrapped[method] = self._wrap(method, found)
        return self._wrapped[method]

    def _wrap(self, method: str, found: grpc.RpcMethodHandler[Any, Any]) -> grpc.RpcMethodHandler[Any, Any]:
        behaviour: Any = (
            found.unary_unary or found.unary_stream or found.stream_unary or found.stream_stream  # one is set
        )
        if found.response_streaming:
            call = _written(behaviour)
            make: Any = (
                grpc.stream_stream_rpc_method_handler
                if found.request_streaming
                else grpc.unary_stream_rpc_method_handler
            )
        else:
            call = behaviour
            make = (
                grpc.stream_unary_rpc_method_handler
                if found.request_streaming
                else grpc.unary_unary_rpc_method_handler
            )
        decode = found.request_deserializer
        if decode is not None:
            # gRPC itself would tell the caller of the class of the error, and nobody of the call.
            decoded = _stream_decoded if found.request_streaming else _decoded
            call, decode = decoded(call, decode), None
        for around in reversed(self._arounds):
            call = around(method, call)
        encode = _encoding(found.response_serializer)
        wrapped: grpc.RpcMethodHandler[Any, Any] = make(_forgotten(call), decode, encode)
        return wrapped


def _forgotten(call: Call) -> Call:
    """Return the call of which nothing is kept when it is refused.

    gRPC keeps the error with the call, and the error its frames, which have the call: all would stay, the request
    as well, until the garbage collector looks.
    """

    async def around(request: Any, context: Context) -> Any:
        served = call(request, context)
        del request  # the error comes through this frame as well
        try:
            return await served
        except grpc.aio.AbortError as aborted:
            _forget_frames(aborted)
            raise

    return around


def _forget_frames(error: BaseException) -> None:
    """Take the frames out of an error and of all that led to it."""
    left: list[BaseException | None] = [error]
    while left:
        if one := left.pop():
            left += [one.__cause__, one.__context__]
            one.__traceback__ = one.__cause__ = one.__context__ = None


def _encoding(encode: _Encode | None) -> _Encode | None:
    """Return what makes bytes of an answer, and leaves those that are bytes already as they are."""
    if encode is None:
        return None
    return lambda answer: answer if isinstance(answer, bytes) else encode(answer)


def _decoded(call: Call, decode: _Decode) -> Call:
    """Return the call that takes a request as it came in."""

    async def around(request: bytes, context: Context) -> Any:
        return await call(_message(decode, request), context)

    return around


def _stream_decoded(call: Call, decode: _Decode) -> Call:
    """Return the call that takes a stream of requests as they came in."""

    async def around(requests: AsyncIterable[bytes], context: Context) -> Any:
        return await call(_Messages(aiter(requests), decode), context)

    return around


class _Messages:
    """The messages of a stream. Unlike a generator it may be left at any point, also by who waits for the next."""

    def __init__(self, requests: AsyncIterator[bytes], decode: _Decode) -> None:
        self._requests, self._decode = requests, decode

    def __aiter__(self) -> _Messages:
        return self

    async def __anext__(self) -> Any:
        return _message(self._decode, await anext(self._requests))


def _message(decode: _Decode, request: bytes) -> Any:
    try:
        return decode(request)
    except DecodeError as error:
        raise LoadcellError(
            "INVALID_REQUEST", "the request is no message of this method, or is nested too deep"
        ) from error


def _written(behaviour: Callable[[Any, Context], Any]) -> Call:
    """Return the call that writes what a handler yields, in which it ends whenever the call does."""

    async def call(request: Any, context: Context) -> None:
        answers = behaviour(request, context)
        if hasattr(answers, "__aiter__"):
            async with aclosing(answers):
                async for answer in answers:
                    with as_cancel():
                        await context.write(answer)
        else:  # a handler that writes to the context itself, as the health service does
            with as_cancel():
                await answers

    return call


@contextmanager
def as_cancel() -> Iterator[None]:
    """Make of a write that fails because the caller has gone the cancel that it is."""
    try:
        yield
    except grpc.aio.InternalError as error:
        raise asyncio.CancelledError from error
