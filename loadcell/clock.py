"""The wall clock, in the one unit that is stored and sent: microseconds since 1970, UTC.

`wall_micros` is for what is stored and shown. What two machines agree on, starts and heartbeats, is told by an
`AnchoredClock`: a step of the wall clock would move a start that is already agreed. `StepDetector` notices such
steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable

# NTP slews by at most 500 ppm, so a larger change than this was a step.
STEP_NS = 200_000
_SLEW = 0.0005
_READINGS = 3

Clock = Callable[[], int]


def wall_micros() -> int:
    """Return the time now in microseconds since 1970 UTC. For instants only: never subtract two of them."""
    return time.time_ns() // 1000


class AnchoredClock:
    """Wall time that never steps: one anchor of the wall clock, continued by CLOCK_MONOTONIC.

    Args:
        wall: The wall clock, nanoseconds since 1970 UTC.
        monotonic: The monotonic clock, nanoseconds.
    """

    def __init__(self, wall: Clock = time.time_ns, monotonic: Clock = time.monotonic_ns) -> None:
        self._monotonic = monotonic
        self._wall_ns = wall()
        self._monotonic_ns = monotonic()

    def micros(self) -> int:
        """Return the time now, microseconds since 1970 UTC."""
        return self.at(self._monotonic())

    def at(self, monotonic_ns: int) -> int:
        """Return the wall time of a monotonic one, microseconds since 1970 UTC."""
        return (self._wall_ns + monotonic_ns - self._monotonic_ns) // 1000

    def monotonic_ns(self, micros: float) -> int:
        """Return the monotonic time of a wall time given in microseconds since 1970 UTC."""
        return round(micros * 1000) - self._wall_ns + self._monotonic_ns


class StepDetector:
    """Notices steps of the wall clock by its distance from the monotonic clock, which never steps.

    Args:
        wall: The wall clock, nanoseconds since 1970 UTC.
        monotonic: The monotonic clock, nanoseconds.

    Attributes:
        steps: Steps noticed so far.
    """

    def __init__(self, wall: Clock = time.time_ns, monotonic: Clock = time.monotonic_ns) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._taken_ns, self._distance_ns = wall_distance(wall, monotonic)
        self.steps = 0

    def look(self) -> int:
        """Return by how many nanoseconds the wall clock was stepped since the last look, 0 when it was not."""
        taken_ns, distance_ns = wall_distance(self._wall, self._monotonic)
        change_ns = distance_ns - self._distance_ns
        stepped = is_step(change_ns, taken_ns - self._taken_ns)
        self._taken_ns, self._distance_ns = taken_ns, distance_ns
        self.steps += stepped
        return change_ns if stepped else 0


def wall_distance(wall: Clock, monotonic: Clock) -> tuple[int, int]:
    """Return the monotonic time and the wall clock's distance from it, from the tightest of a few readings."""
    readings = []
    for _ in range(_READINGS):
        before, real, after = monotonic(), wall(), monotonic()
        readings.append((after - before, (before + after) // 2, real))
    _, middle, real = min(readings)
    return middle, real - middle


def is_step(change_ns: int, elapsed_ns: int) -> bool:
    """Whether a change of the distance of the two clocks in a time is more than slewing can be."""
    return abs(change_ns) > STEP_NS + elapsed_ns * _SLEW
