"""Until when requests of a lease may be started that others take over once the controller misses us.

The controller misses an agent when nothing of it has arrived for the duration of a lease. The fence counts from
the sending of the last heartbeat that was answered, which has arrived later than that: so it shuts before the
lease can expire, whatever the offset of the two clocks. And it counts on a clock that goes on while the host is
suspended, which CLOCK_MONOTONIC does not: the controller's goes on as well.
"""

from __future__ import annotations

import time

# Elsewhere than on Linux this one counts what the host sleeps.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def fence_clock_ns() -> int:
    """Return the time that fences are told and compared with, nanoseconds."""
    return time.clock_gettime_ns(_CLOCK)


class Fence:
    """The fence of one lease. Times are those of `fence_clock_ns`.

    Args:
        length_ns: For how long an answer keeps it open.
        heard_ns: When the last heartbeat was sent that has been answered; 0: none has.
    """

    def __init__(self, length_ns: int, heard_ns: int) -> None:
        self._length_ns = length_ns
        self._heard_ns = heard_ns
        self._begin_ns = 0
        self._shut_ns = 0
        self._counted_until_ns = 0

    @property
    def until_ns(self) -> int:
        """When it shuts unless it is renewed before."""
        return self._heard_ns + self._length_ns

    def begin(self, begin_ns: int) -> None:
        """The load begins then; what is shut before holds nothing back."""
        self._begin_ns = begin_ns

    def renew(self, heard_ns: int, *, now_ns: int) -> None:
        """A heartbeat that was sent at `heard_ns` has been answered."""
        self._shut_ns = self.shut_ns(now_ns)
        self._counted_until_ns = now_ns
        self._heard_ns = max(self._heard_ns, heard_ns)

    def shut_ns(self, now_ns: int) -> int:
        """Return for how long it was shut altogether since the load began."""
        if not self._begin_ns:
            return self._shut_ns
        return self._shut_ns + max(0, now_ns - max(self.until_ns, self._begin_ns, self._counted_until_ns))
