"""The agent's clock and its offset to the controller's.

The offset is estimated as in NTP from the four times of a heartbeat (RFC 5905, section 8); of the last replies the
one with the shortest round trip counts, since queueing only ever lengthens a round trip.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

_WINDOW = 32


@dataclass(frozen=True, slots=True)
class Offset:
    """Agent's clock minus controller's clock, microseconds; the truth is within +- `uncertainty_micros`."""

    micros: float
    uncertainty_micros: float


class OffsetEstimator:
    """Keeps the best of the last heartbeat replies."""

    def __init__(self) -> None:
        self._replies: deque[Offset] = deque(maxlen=_WINDOW)

    def add(self, *, sent: int, controller_received: int, controller_sent: int, received: int) -> None:
        """Take the times of one heartbeat in microseconds, `sent` and `received` on the agent's clock."""
        round_trip = (received - sent) - (controller_sent - controller_received)
        if round_trip < 0:
            return  # one of the clocks was set in between
        offset = ((sent - controller_received) + (received - controller_sent)) / 2
        # The times are whole microseconds, so even a round trip of 0 leaves one of doubt.
        self._replies.append(Offset(offset, round_trip / 2 + 1))

    @property
    def best(self) -> Offset | None:
        """The offset by the shortest round trip, None before the first reply."""
        return min(self._replies, key=lambda reply: reply.uncertainty_micros, default=None)


class AgentClock:
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
