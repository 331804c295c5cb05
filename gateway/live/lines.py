"""Connections to the controller for streams: each carries a hundred calls at once, and streams last."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from typing import Final, Self

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from gateway.upstream import Upstream
from loadcell.errors import LoadcellError

STREAMS_EACH: Final = 80  # the controller takes 100 of a connection
MOST: Final = 16  # connections


@dataclass(slots=True)
class _Line:
    upstream: Upstream
    streams: int = 0


class Lines:
    """Opens a connection when all that are open are taken.

    Args:
        open_line: Opens one.
        before: What is done before each stream, None: nothing.
    """

    def __init__(
        self, open_line: Callable[[], grpc.aio.Channel], before: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._open_line, self._before = open_line, before
        self._lines: list[_Line] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Return the lines; they are closed with the block."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close every line."""
        await self._stack.aclose()

    async def stream(
        self, method: MethodDescriptor, request: Message, metadata: Sequence[tuple[str, str]]
    ) -> AsyncGenerator[Message, None]:
        """Yield the answers of a method that streams them.

        Raises:
            LoadcellError: TOO_MANY_REQUESTS; as `Upstream.stream`.
        """
        line = self._with_room()
        line.streams += 1
        try:
            async with aclosing(line.upstream.stream(method, request, metadata=metadata)) as answers:
                async for answer in answers:
                    yield answer
        finally:
            line.streams -= 1

    def _with_room(self) -> _Line:
        for line in self._lines:
            if line.streams < STREAMS_EACH:
                return line
        if len(self._lines) == MOST:
            raise LoadcellError(
                "TOO_MANY_REQUESTS", f"the gateway watches {MOST * STREAMS_EACH:,} different things already"
            )
        channel = self._open_line()
        self._stack.push_async_callback(channel.close, None)
        line = _Line(Upstream(channel, before=self._before))
        self._lines.append(line)
        return line
