"""Telling waiting tasks that something has changed, without telling what."""

from __future__ import annotations

import asyncio
import contextlib


class Changes:
    """A number that grows with every change, and a way to wait until it has grown."""

    def __init__(self) -> None:
        self.revision = 0
        self._next = asyncio.Event()

    def publish(self) -> None:
        """Count a change and wake everybody who waits."""
        self.revision += 1
        woken, self._next = self._next, asyncio.Event()
        woken.set()

    async def wait(self, after: int, timeout: float) -> None:  # noqa: ASYNC109 - running out is not an error here
        """Return when the revision is above `after`, or after `timeout` seconds."""
        if self.revision > after:
            return
        # Not wait_for: in Python 3.11 it forgets a cancel that comes together with what it waits for.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._next.wait()
