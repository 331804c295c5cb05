"""The wall clock, in the one unit that is stored and sent: microseconds since 1970, UTC.

`wall_micros` is for what is stored and shown. What two machines agree on, starts and heartbeats, is told by an
`AnchoredClock`: a step of the wall clock would move a start that is already agreed.
"""

from __future__ import annotations

import time


def wall_micros() -> int:
    """Return the time now in microseconds since 1970 UTC. For instants only: never subtract two of them."""
    return time.time_ns() // 1000


class AnchoredClock:
    """Wall time that never steps: one anchor of the wall clock, continued by CLOCK_MONOTONIC."""

    def __init__(self) -> None:
        self._wall_ns = time.time_ns()
        self._monotonic_ns = time.monotonic_ns()

    def micros(self) -> int:
        """Return the time now, microseconds since 1970 UTC."""
        return self.at(time.monotonic_ns())

    def at(self, monotonic_ns: int) -> int:
        """Return the wall time of a monotonic one, microseconds since 1970 UTC."""
        return (self._wall_ns + monotonic_ns - self._monotonic_ns) // 1000

    def monotonic_ns(self, micros: float) -> int:
        """Return the monotonic time of a wall time given in microseconds since 1970 UTC."""
        return round(micros * 1000) - self._wall_ns + self._monotonic_ns
