"""The offset of the agent's clock to the controller's.

The offset is estimated as in NTP from the four times of a heartbeat (RFC 5905, section 8); of the last replies the
one with the shortest round trip counts, since queueing only ever lengthens a round trip.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

_WINDOW = 32


@dataclass(frozen=True, slots=True)
class Offset:
    """Agent's clock minus controller's clock, microseconds; the truth is within +- `uncertainty_micros`."""

    micros: float
    uncertainty_micros: float

    def agrees_with(self, other: Offset) -> bool:
        """Whether one true offset can be behind both."""
        return abs(self.micros - other.micros) <= self.uncertainty_micros + other.uncertainty_micros


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
        newest = Offset(offset, round_trip / 2 + 1)
        # An earlier reply that excludes the newest was true of another offset: the controller was started anew, or
        # the clocks have drifted apart since.
        agreeing = [reply for reply in self._replies if reply.agrees_with(newest)]
        self._replies = deque([*agreeing, newest], maxlen=_WINDOW)

    @property
    def best(self) -> Offset | None:
        """The offset by the shortest round trip, None before the first reply."""
        return min(self._replies, key=lambda reply: reply.uncertainty_micros, default=None)
