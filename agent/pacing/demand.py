"""How many connections an open loop needs before it starts. No I/O."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

FEWEST = 4
# Without a measured response time, and so before the warm-up: one second of arrivals, within reason.
MOST_UNMEASURED = 64
# More idle connections than this would be a load of their own.
MOST = 4096
# Under load a server answers more slowly than while it warms up.
_SLOWER_UNDER_LOAD = 2.0
# A busy moment of Poisson arrivals: so many standard deviations above the mean.
_DEVIATIONS = 4.0


def connections(rate: float, response_seconds: Sequence[float], *, cap: int) -> int:
    """Return how many connections to open ahead of load, so that few requests wait for one.

    The requests in flight of Poisson arrivals are themselves Poisson distributed, with the mean rate x response
    time (Little 1961; M/G/infinity).

    Args:
        rate: Arrivals per second.
        response_seconds: Response times seen so far; may be empty.
        cap: Most connections, at least 1.
    """
    if response_seconds:
        mean = rate * median(response_seconds) * _SLOWER_UNDER_LOAD
        wanted = min(MOST, math.ceil(mean + _DEVIATIONS * math.sqrt(mean)))
    else:
        wanted = min(MOST_UNMEASURED, math.ceil(rate))
    return min(max(FEWEST, wanted), cap)
