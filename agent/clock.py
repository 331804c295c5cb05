"""The offset of the agent's clock to the controller's.

The offset is estimated as in NTP from the four times of a heartbeat (RFC 5905, section 8); of the replies of the
last minutes the one with the shortest round trip counts, since queueing only ever lengthens a round trip. Clocks
drift apart, so what a reply says grows less certain by PHI as it ages (as in RFC 5905, section 10).
"""

from __future__ import annotations

from dataclasses import dataclass

# Frequency tolerance of clocks, 15 ppm: PHI in RFC 5905, section 7.2.
PHI = 15e-6
# When there is a newer one, a reply older than this does not count, however good it was.
WINDOW_MICROS = 120_000_000


@dataclass(frozen=True, slots=True)
class Offset:
    """Agent's clock minus controller's clock, microseconds; the truth is within +- `uncertainty_micros`."""

    micros: float
    uncertainty_micros: float

    def agrees_with(self, other: Offset) -> bool:
        """Whether one true offset can be behind both."""
        return abs(self.micros - other.micros) <= self.uncertainty_micros + other.uncertainty_micros


@dataclass(frozen=True, slots=True)
class _Reply:
    offset: Offset
    taken_micros: int

    def at(self, now_micros: int) -> Offset:
        """Return what the reply says now."""
        drift = PHI * max(0, now_micros - self.taken_micros)
        return Offset(self.offset.micros, self.offset.uncertainty_micros + drift)


class OffsetEstimator:
    """Keeps the best of the heartbeat replies of the last WINDOW_MICROS. Times are those of the agent's clock."""

    def __init__(self) -> None:
        self._replies: list[_Reply] = []

    def add(self, *, sent: int, controller_received: int, controller_sent: int, received: int) -> None:
        """Take the times of one heartbeat in microseconds, `sent` and `received` on the agent's clock."""
        round_trip = (received - sent) - (controller_sent - controller_received)
        if round_trip < 0:
            return  # one of the clocks was set in between
        offset = ((sent - controller_received) + (received - controller_sent)) / 2
        # The times are whole microseconds, so even a round trip of 0 leaves one of doubt.
        newest = Offset(offset, round_trip / 2 + 1)
        # An earlier reply that excludes the newest was true of another offset: the controller was started anew, or
        # its clock was set. One that is less certain now will be less certain for ever.
        self._replies = [
            *(reply for reply in self._replies if _counts(reply, newest, received)),
            _Reply(newest, received),
        ]

    def best(self, now_micros: int) -> Offset | None:
        """Return the most certain offset now, None before the first reply."""
        offsets = [reply.at(now_micros) for reply in self._replies]
        return min(offsets, key=lambda offset: offset.uncertainty_micros, default=None)


def _counts(reply: _Reply, newest: Offset, now_micros: int) -> bool:
    """Whether an earlier reply still says more than the newest."""
    now = reply.at(now_micros)
    fresh = now_micros - reply.taken_micros <= WINDOW_MICROS
    return fresh and now.uncertainty_micros < newest.uncertainty_micros and now.agrees_with(newest)
