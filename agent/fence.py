"""Until when requests of a lease may be started that others take over once the controller misses us. No I/O.

The controller misses an agent when nothing of it has arrived for the duration of a lease. The fence counts from
the sending of the last heartbeat that was answered, which has arrived later than that: so it shuts before the
lease can expire, whatever the offset of the two clocks.
"""

from __future__ import annotations


class Fence:
    """The fence of one lease. Times are nanoseconds of CLOCK_MONOTONIC.

    Args:
        length_ns: For how long an answer keeps it open.
        heard_ns: When the last heartbeat was sent that has been answered; 0: none has.
    """

    def __init__(self, length_ns: int, heard_ns: int) -> None:
        self._length_ns = length_ns
        self._heard_ns = heard_ns
        self._shut_ns = 0
        self._counted_until_ns = 0

    @property
    def until_ns(self) -> int:
        """When it shuts unless it is renewed before."""
        return self._heard_ns + self._length_ns

    def renew(self, heard_ns: int, *, now_ns: int, begin_ns: int) -> None:
        """A heartbeat that was sent at `heard_ns` has been answered; `now_ns` and `begin_ns` as for `shut_ns`."""
        self._shut_ns = self.shut_ns(now_ns=now_ns, begin_ns=begin_ns)
        self._counted_until_ns = now_ns
        self._heard_ns = max(self._heard_ns, heard_ns)

    def shut_ns(self, *, now_ns: int, begin_ns: int) -> int:
        """Return for how long it was shut altogether.

        Args:
            now_ns: The time now.
            begin_ns: When the load began; what was shut before then held nothing back. 0: it has not begun.
        """
        if not begin_ns:
            return self._shut_ns
        return self._shut_ns + max(0, now_ns - max(self.until_ns, begin_ns, self._counted_until_ns))
