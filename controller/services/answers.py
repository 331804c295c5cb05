"""Gives every answer about traces, metrics, costs, models and exports its envelope, and keeps it for a while."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar, cast

import structlog
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from controller.cache.cache import Cache
from controller.cache.keys import key_of
from controller.cache.kinds import Kind
from controller.scope import Scope
from loadcell.clock import wall_micros

VERSION = "1.0"

Response = TypeVar("Response", bound=Message)


class Answers:
    """Answers questions. A question is a request message and the scope of who asks."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    async def give(
        self, kind: Kind | None, request: Message, scope: Scope, compute: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Return what `compute` returns, a response with all but its status and meta, in its envelope.

        Answers to questions of no kind, such as changes, are never kept. Those that may be are returned as the
        bytes they are kept as, with those of the envelope after them: so two messages are merged in protobuf.
        """
        started = time.perf_counter()
        if kind is None:
            return _enveloped(await compute(), started, cached=False)

        seconds = self._cache.seconds(kind)

        async def computed() -> bytes:
            begun = wall_micros()
            answer: Any = await compute()
            if seconds:
                answer.meta.computed_at.FromMicroseconds(begun)
                answer.meta.max_age_seconds = int(seconds)
            return cast("bytes", answer.SerializeToString())

        value, cached = await self._cache.answer(kind, key_of(request, scope), computed)
        envelope = _enveloped(response_class(request)(), started, cached=cached)
        return cast("Response", value + envelope.SerializeToString())

    async def forget(self) -> None:
        """Forget every answer: something they may show was deleted or changed."""
        await self._cache.forget()

    async def follow(self, changes: AsyncIterator[str]) -> None:
        """Forget every answer whenever this or another controller tells of a change."""
        async for _ in changes:
            await self.forget()


def response_class(request: Message) -> type[Message]:
    """Return the class of the responses to a request: names are alike throughout the contract."""
    file = request.DESCRIPTOR.file
    name = request.DESCRIPTOR.name.removesuffix("Request") + "Response"
    return GetMessageClass(cast("Any", file.message_types_by_name[name]))


def _enveloped(response: Response, started: float, *, cached: bool) -> Response:
    """Fill in `status` and `meta` of a response; `started` is of time.perf_counter()."""
    answer: Any = response
    answer.status = "success"
    answer.meta.timestamp.FromMicroseconds(wall_micros())
    answer.meta.execution_time_ms = (time.perf_counter() - started) * 1e3
    answer.meta.cached = cached
    answer.meta.version = VERSION
    answer.meta.request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    return response
