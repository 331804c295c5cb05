"""Calls to the controller."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, Final

import grpc
import structlog
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gateway.middleware.limits import note_limits
from loadcell.errors import REASONS, LoadcellError
from loadcell.rpc_errors import from_rpc_error
from loadcell.uploading import upload
from loadcell.v1 import run_pb2

UPLOAD: Final = run_pb2.DESCRIPTOR.services_by_name["RunService"].methods_by_name["UploadAsset"]
CALL_TIMEOUT_SECONDS = 30.0
STORE_TIMEOUT_SECONDS = 120.0  # for a file, once all of it is there
HEALTH_TIMEOUT_SECONDS = 2.0

# What these say is about machines and connections inside, so the caller gets the catalog's words instead.
_INSIDE = frozenset({"SERVICE_UNAVAILABLE", "REQUEST_TIMEOUT", "INTERNAL_SERVER_ERROR", "DATABASE_ERROR"})
_log = structlog.get_logger()


class Upstream:
    """The controller, called by method descriptor.

    Args:
        channel: What calls go through.
        streams: What streams go through, None: the same. A connection carries a hundred calls at once, and streams
            may last for long.
        before: What is done before each of them, None: nothing.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        streams: grpc.aio.Channel | None = None,
        before: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._channel, self._streams = channel, streams or channel
        self._health = health_pb2_grpc.HealthStub(channel)
        self._before = before
        self._calls: dict[str, Any] = {}

    async def call(
        self,
        method: MethodDescriptor,
        request: Message,
        *,
        metadata: Sequence[tuple[str, str]] = (),
        timeout_seconds: float = CALL_TIMEOUT_SECONDS,
    ) -> Message:
        """Call a unary method; errors are those of `ask`."""
        answer = await self.ask(method, request, metadata=metadata, timeout_seconds=timeout_seconds)
        message: Message = GetMessageClass(method.output_type).FromString(answer)
        return message

    async def ask(
        self,
        method: MethodDescriptor,
        request: Message,
        *,
        metadata: Sequence[tuple[str, str]] = (),
        timeout_seconds: float = CALL_TIMEOUT_SECONDS,
    ) -> bytes:
        """Call a unary method and return its answer as it came.

        Raises:
            LoadcellError: the controller's error; SERVICE_UNAVAILABLE when it cannot be reached, REQUEST_TIMEOUT
                when it does not answer in time.
        """
        if self._before is not None:
            await self._before()
        started = time.monotonic()
        call = self._stub(method)(request, metadata=metadata, timeout=timeout_seconds)
        try:
            answer: bytes = await call
            note_limits(await call.trailing_metadata())
        except grpc.aio.AioRpcError as failure:
            raise _public(failure, method, time.monotonic() - started) from failure
        return answer

    async def stream(
        self, method: MethodDescriptor, request: Message, *, metadata: Sequence[tuple[str, str]] = ()
    ) -> AsyncGenerator[Message, None]:
        """Yield the answers of a method that streams them; whoever takes them slowly slows the controller down.

        Raises:
            LoadcellError: as `ask`; REQUEST_TIMEOUT when the next answer does not come in time.
        """
        if self._before is not None:
            await self._before()
        started = time.monotonic()
        answers = self._stub(method)(request, metadata=metadata)
        try:
            async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
                note_limits(await answers.initial_metadata())
            while True:
                async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
                    answer = await answers.read()
                if answer is grpc.aio.EOF:
                    return
                yield answer
        except grpc.aio.AioRpcError as failure:
            raise _public(failure, method, time.monotonic() - started) from failure
        except TimeoutError:
            raise LoadcellError("REQUEST_TIMEOUT", REASONS["REQUEST_TIMEOUT"].summary) from None
        finally:
            answers.cancel()

    async def upload(
        self,
        asset: run_pb2.UploadAssetRequest,
        pieces: AsyncGenerator[bytes, None],
        *,
        metadata: Sequence[tuple[str, str]] = (),
    ) -> run_pb2.UploadAssetResponse:
        """Store a file; `pieces` are asked for once the caller is let in, and no faster than they are taken.

        Raises:
            LoadcellError: as `ask`; REQUEST_TIMEOUT also when a piece is not taken in time.
        """
        if self._before is not None:
            await self._before()
        started = time.monotonic()
        call = self._stub(UPLOAD)(metadata=metadata)
        try:
            answer = await upload(
                call,
                asset,
                pieces,
                patience_seconds=CALL_TIMEOUT_SECONDS,
                answer_seconds=STORE_TIMEOUT_SECONDS,
            )
            note_limits(await call.trailing_metadata())
        except grpc.aio.AioRpcError as failure:
            raise _public(failure, UPLOAD, time.monotonic() - started) from failure
        return answer

    async def is_ready(self) -> bool:
        """Whether the controller takes calls now."""
        try:
            answer = await self._health.Check(health_pb2.HealthCheckRequest(), timeout=HEALTH_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError as failure:
            away = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)
            return failure.code() not in away
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def is_well(self, part: str) -> bool | None:
        """Whether something the controller depends on is well; None: it does not say, or is away."""
        question = health_pb2.HealthCheckRequest(service=part)
        try:
            answer = await self._health.Check(question, timeout=HEALTH_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError:
            return None
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def _stub(self, method: MethodDescriptor) -> Any:
        path = f"/{method.containing_service.full_name}/{method.name}"
        if path not in self._calls:
            serializer = GetMessageClass(method.input_type).SerializeToString
            deserializer = GetMessageClass(method.output_type).FromString
            if method.server_streaming:
                self._calls[path] = self._streams.unary_stream(path, serializer, deserializer)
            elif method.client_streaming:
                self._calls[path] = self._streams.stream_unary(path, serializer, deserializer)
            else:
                self._calls[path] = self._channel.unary_unary(path, serializer)
        return self._calls[path]


def _public(failure: grpc.aio.AioRpcError, method: MethodDescriptor, seconds: float) -> LoadcellError:
    note_limits(failure.trailing_metadata())
    error = from_rpc_error(failure)
    if failure.code() == grpc.StatusCode.CANCELLED:
        # Not by us: a caller that goes away ends the task instead. The controller stopped in mid-call.
        error = LoadcellError("SERVICE_UNAVAILABLE", error.message)
    if error.reason not in _INSIDE:
        return error
    _log.warning(
        "controller_call_failed",
        rpc=method.full_name,
        reason=error.reason,
        error=error.message,
        seconds=round(seconds, 3),
    )
    return LoadcellError(error.reason, REASONS[error.reason].summary)
