"""One subscriber: what waits for it, never more than a little, and how much of it was lost."""

from __future__ import annotations

import asyncio
from collections import deque

from controller.events.kinds import Event
from controller.events.wanted import Wanted
from loadcell.v1 import event_pb2

MAX_WAITING = 1_000  # events; beyond them the oldest are dropped and counted


class Subscriber:
    """Whoever reads a stream of events. `seen` is the number of the last event it needs no more."""

    def __init__(self, wanted: Wanted, seen: int) -> None:
        self.wanted = wanted
        self.seen = seen
        self._waiting: deque[Event] = deque()
        self._missed = 0
        self._arrived = asyncio.Event()

    def offer(self, event: Event) -> None:
        """Queue an event if it fits; the oldest gives way when the reader is too slow."""
        if event.number <= self.seen or not self.wanted.fits(event):
            return
        if len(self._waiting) == MAX_WAITING:
            self._waiting.popleft()
            self._missed += 1
        self._waiting.append(event)
        self._arrived.set()

    async def next(self) -> event_pb2.SubscribeResponse:
        """Wait for an event and return its message, with the number of those that were dropped before it."""
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        event = self._waiting.popleft()
        message = event.message
        if self._missed:
            # Others get the same message, without what this reader has missed.
            message = event_pb2.SubscribeResponse()
            message.CopyFrom(event.message)
            message.missed_count, self._missed = self._missed, 0
        return message
