"""One stream of the controller for all who watch the same."""

from __future__ import annotations

import asyncio
import contextvars
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import aclosing
from typing import Final, Generic, Protocol, TypeVar

import structlog
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from gateway.live.callers import Caller
from gateway.live.closing import TOLD, End
from gateway.live.lines import Lines
from loadcell.errors import LoadcellError

PATIENCE_SECONDS: Final = 30.0  # for a controller that is started anew
AGAIN_SECONDS: Final = 0.5
OF_CREDENTIALS: Final = frozenset({"AUTHENTICATION", "AUTHORIZATION"})
_log = structlog.get_logger()
_PASSES: Final = frozenset({"RATE_LIMIT", "DATABASE", "TIMEOUT"})


class Watching(Protocol):
    """Somebody who watches."""

    def end(self, end: End) -> None:
        """Hear that there is nothing more to come."""


W = TypeVar("W", bound=Watching)


class Feed(ABC, Generic[W]):
    """Reads the stream with the credential of one of those who watch, and goes on with that of another.

    Args:
        lines: What the stream goes through.
        method: The method that streams.
        gone: Called when nobody watches any more, or there is nothing more to watch.
    """

    def __init__(self, lines: Lines, method: MethodDescriptor, gone: Callable[[], None]) -> None:
        self._lines, self._method, self._gone = lines, method, gone
        self._task: asyncio.Task[None] | None = None
        self._messages = 0  # that have come
        self.watching: dict[W, Caller] = {}

    @abstractmethod
    def request(self) -> Message:
        """Return what to ask for from now on."""

    @abstractmethod
    def tell(self, message: Message) -> bool:
        """Tell all who watch of a message; return whether it was the last."""

    @abstractmethod
    def welcome(self, watching: W) -> None:
        """Tell somebody new what the others know already."""

    def join(self, watching: W, caller: Caller) -> None:
        """Let somebody watch."""
        self.watching[watching] = caller
        if self._messages:
            self.welcome(watching)
        if self._task is None:
            # It outlasts the request that it begins with, and is none of it.
            self._task = asyncio.get_running_loop().create_task(self._go_on(), context=contextvars.Context())

    def leave(self, watching: W) -> None:
        """Let somebody watch no more."""
        self.watching.pop(watching, None)
        if not self.watching and self._task is not None:
            self._task.cancel()
            self._gone()

    async def _go_on(self) -> None:
        try:
            await self._follow()
        except Exception:  # noqa: BLE001 - the outermost place; nobody who watches may wait for ever
            _log.exception("feed_failed", rpc=self._method.full_name)
            self._end(End.of(LoadcellError("INTERNAL_SERVER_ERROR", "an unexpected error; the log has the cause")))

    async def _follow(self) -> None:
        failing_since: float | None = None
        while self.watching:
            caller = next(iter(self.watching.values()))
            so_far = self._messages
            error = await self._read(caller)
            if error is None:
                self._end(TOLD)
            elif error.category in OF_CREDENTIALS:
                # One who has gone may have taken the credential along: that says nothing of the others.
                if caller in self.watching.values():
                    self._end(End.of(error), caller)
            else:
                now = time.monotonic()
                failing_since = now if failing_since is None or self._messages > so_far else failing_since
                if not self._messages or not _passes(error) or now - failing_since > PATIENCE_SECONDS:
                    self._end(End.of(error))
                else:
                    await asyncio.sleep(AGAIN_SECONDS)

    async def _read(self, caller: Caller) -> LoadcellError | None:
        """Tell of everything that comes; return why no more does, None after the last message."""
        stream = self._lines.stream(self._method, self.request(), caller.metadata)
        try:
            async with aclosing(stream) as messages:
                async for message in messages:
                    self._messages += 1
                    if self.tell(message):
                        return None
        except LoadcellError as error:
            return error
        return LoadcellError("SERVICE_UNAVAILABLE", "the controller has ended the stream")

    def _end(self, end: End, refused: Caller | None = None) -> None:
        """Let everybody go, or everybody whose credential has ended with one that was refused."""
        for watching, caller in list(self.watching.items()):
            if refused is None or end.error is None or caller.ends_with(refused, end.error):
                del self.watching[watching]
                watching.end(end)
        if not self.watching:
            self._gone()


def _passes(error: LoadcellError) -> bool:
    return error.category in _PASSES or error.reason == "SERVICE_UNAVAILABLE"
