"""Finished requests on their way to the main process, folded into batches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from agent.samples.batch import BatchBuilder
from agent.samples.sample import Sample
from agent.worker.counting import TokenCounter

# Whichever comes first. Encoding costs about 2 us a row and 0.2 us an event, and nothing else runs meanwhile: the
# first two bound the delay of everything else to about 1 ms, the last bounds the age of the live view.
FLUSH_ROWS = 500
FLUSH_EVENTS = 5_000
FLUSH_SECONDS = 0.2
# Of prompts and completions. The controller takes batches of 4 MiB.
FLUSH_CHARACTERS = 256 * 1024


class Outbox:
    """Folds samples of a started level into batches.

    Args:
        loop: The event loop. It encodes at most one batch between two polls, so that many requests that end
            together do not keep it from stamping others.
        start_ns: Start of the level, from which all offsets count.
        timeline: Whether token timelines are kept.
        counter: Counts what the server has not counted before it is encoded.
        send: Takes a serialized batch; never called with an empty one.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        start_ns: int,
        timeline: bool,
        counter: TokenCounter | None,
        send: Callable[[bytes], None],
    ) -> None:
        self._loop = loop
        self._start_ns = start_ns
        self._timeline = timeline
        self._counter = counter
        self._send = send
        self._builder = BatchBuilder(start_ns, timeline)
        self._events = 0
        self._characters = 0
        self._full: deque[BatchBuilder] = deque()
        self._sending: asyncio.Task[None] | None = None

    def add(self, sample: Sample) -> None:
        """Add a finished request."""
        if self._counter is not None:
            self._counter.admit(sample)
        self._builder.add(sample)
        self._events += len(sample.event_times_ns)
        if sample.texts is not None:
            self._characters += sum(map(len, sample.texts))
        if (
            len(self._builder) >= FLUSH_ROWS
            or self._events >= FLUSH_EVENTS
            or self._characters >= FLUSH_CHARACTERS
        ):
            self.flush()

    def flush(self) -> None:
        """Send what there is, soon."""
        if len(self._builder):
            self._full.append(self._builder)
            self._builder = BatchBuilder(self._start_ns, self._timeline)
            self._events = self._characters = 0
            if self._sending is None or self._sending.done():
                self._sending = self._loop.create_task(self._send_all())

    async def close(self) -> None:
        """Send everything."""
        self.flush()
        if self._sending is not None:
            await self._sending

    async def _send_all(self) -> None:
        while self._full:
            builder = self._full.popleft()
            if self._counter is not None:
                await self._counter.count(builder.samples)
            self._send(builder.encode())
            await asyncio.sleep(0)
