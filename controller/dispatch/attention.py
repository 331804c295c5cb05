"""How long this process has been listening: the time by which others are judged for their silence.

A process that stood still (stopped, swapped out, busy with one thing) heard nobody meanwhile, and must not take
that for their silence.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

PULSE_SECONDS = 0.1
MOST_SECONDS = 3 * PULSE_SECONDS  # of a step: what goes beyond is time in which nobody was listened to


class Attention:
    """A clock that stands still while the event loop does. It never goes faster than the monotonic clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pulsed_at = clock()
        self._seconds = 0.0

    def seconds(self) -> float:
        """Return the seconds listened since this clock was made."""
        return self._seconds + min(self._clock() - self._pulsed_at, MOST_SECONDS)

    def pulse(self) -> None:
        """Note that the event loop turns."""
        self._seconds, self._pulsed_at = self.seconds(), self._clock()

    def end(self) -> None:
        """Stand still for good: nobody is listened to any more."""
        self.pulse()
        ended = self._pulsed_at
        self._clock = lambda: ended

    async def run(self) -> None:
        """Pulse for ever."""
        while True:
            self.pulse()
            await asyncio.sleep(PULSE_SECONDS)
