"""One WebSocket: what waits goes out, what comes in is heard, until one side ends it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.types import Message, Receive, Send

from gateway.live.closing import BINARY, End
from gateway.live.outbox import Outbox, Told
from gateway.live.rate import Rate
from gateway.live.words import failure, lagged
from loadcell.errors import LoadcellError

MESSAGES_A_SECOND: Final = 10.0  # of a client
MESSAGES_AT_ONCE: Final = 50
PING, PONG = Told("ping", "ping"), Told("pong", "pong")
Hear = Callable[[str], Awaitable[None]]


class Connection:
    """A WebSocket that was accepted.

    Args:
        receive: Takes what comes from it.
        send: Sends into it.
        outbox: What is sent.
        hear: Takes what the client says; an error of the catalog that it raises ends the connection.
        quiet_seconds: After so long without a word from the client it is sent the text `ping`; None: never.
    """

    def __init__(
        self, receive: Receive, send: Send, outbox: Outbox, hear: Hear, quiet_seconds: float | None = None
    ) -> None:
        self._receive, self._send, self._outbox = receive, send, outbox
        self._hear, self._quiet_seconds = hear, quiet_seconds
        self._rate = Rate(MESSAGES_A_SECOND, MESSAGES_AT_ONCE, time.monotonic())

    async def serve(self) -> None:
        """Return when it has ended."""
        writing, reading = asyncio.create_task(self._write()), asyncio.create_task(self._read())
        try:
            await asyncio.wait({writing, reading}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done() and self._outbox.ended and reading.exception() is None and not reading.result():
                await writing  # the client hears why
        finally:
            for task in (writing, reading):
                task.cancel()
            results = await asyncio.gather(writing, reading, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, OSError):
                raise result

    async def _write(self) -> None:
        while True:
            missed, messages, end = await self._outbox.take()
            if missed:
                messages = [lagged(missed), *messages]
            if end is not None and end.error is not None:
                messages.append(failure(end.error))
            for message in messages:
                await self._send({"type": "websocket.send", "text": message.text})
            if end is not None:
                await self._send({"type": "websocket.close", "code": end.code, "reason": end.reason})
                return

    async def _read(self) -> bool:
        """Return whether the client has gone; else it was sent away."""
        while True:
            try:
                async with asyncio.timeout(self._quiet_seconds):
                    message = await self._receive()
            except TimeoutError:
                self._outbox.put(PING)
                continue
            if message["type"] == "websocket.disconnect":
                return True
            try:
                await self._take(message)
            except LoadcellError as error:
                self._outbox.cut(End.of(error))
                return False
            if self._outbox.ended:
                return False

    async def _take(self, message: Message) -> None:
        text = message.get("text")
        if text is None:
            self._outbox.cut(End(BINARY, LoadcellError("INVALID_REQUEST", "messages must be text, not binary")))
        elif not self._rate.take(time.monotonic()):
            raise LoadcellError("RATE_LIMIT_EXCEEDED", f"more than {MESSAGES_A_SECOND:g} messages a second")
        else:
            await self._hear(text)
