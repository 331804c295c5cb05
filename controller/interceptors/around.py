"""One wrapper for all four kinds of calls: an interceptor is an async context manager around the handler."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import grpc

Context = grpc.aio.ServicerContext[Any, Any]
Around = Callable[[str, Context], AbstractAsyncContextManager[None]]
"""Makes the context manager for one call from the full method name and the call's context."""


class AroundInterceptor(grpc.aio.ServerInterceptor):
    """Runs every handler, whatever its kind, inside `around(method, context)`."""

    def __init__(self, around: Around) -> None:
        self._around = around

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Return the handler with its behaviour wrapped; an unknown method keeps its missing handler."""
        found = await continuation(handler_call_details)
        if found is None:
            return found
        method = handler_call_details.method
        behaviour = (
            found.unary_unary or found.unary_stream or found.stream_unary or found.stream_stream  # one is set
        )
        if found.response_streaming:
            wrapped: Any = self._streaming(method, behaviour)
            make = (
                grpc.stream_stream_rpc_method_handler
                if found.request_streaming
                else grpc.unary_stream_rpc_method_handler
            )
        else:
            wrapped = self._unary(method, behaviour)
            make = (
                grpc.stream_unary_rpc_method_handler
                if found.request_streaming
                else grpc.unary_unary_rpc_method_handler
            )
        return make(wrapped, found.request_deserializer, found.response_serializer)

    def _unary(self, method: str, behaviour: Any) -> Callable[[Any, Context], Awaitable[Any]]:
        async def call(request: Any, context: Context) -> Any:
            async with self._around(method, context):
                return await behaviour(request, context)

        return call

    def _streaming(self, method: str, behaviour: Any) -> Callable[[Any, Context], AsyncIterator[Any]]:
        async def call(request: Any, context: Context) -> AsyncIterator[Any]:
            async with self._around(method, context):
                answers = behaviour(request, context)
                if hasattr(answers, "__aiter__"):
                    async for answer in answers:
                        yield answer
                else:  # a handler that writes to the context itself, as the health service does
                    await answers

        return call
