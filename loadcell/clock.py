"""The wall clock, in the one unit that is stored and sent: microseconds since 1970, UTC."""

from __future__ import annotations

import time


def wall_micros() -> int:
    """Return the time now in microseconds since 1970 UTC. For instants only: never subtract two of them."""
    return time.time_ns() // 1000
