"""The two ways load is made: a fixed number of requests in flight, or arrivals at their due times.

Both take built requests from a supply, hand them to `submit` with the time they were scheduled for, and start
nothing while `gate` is shut (samples cannot be delivered, or others may have taken the share over): what waits
keeps its scheduled time. Times count from the start of the level; the load of a share that is taken over begins
later.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from agent.worker.supply import Ready, Supply

# More at one go would keep the event loop from reading responses.
_BURST = 64
_LATE_NS = 10_000_000
_COUNT_LIMIT = 100_000

Submit = Callable[[Ready, int], None]
Gate = Callable[[], bool]


class Loop(Protocol):
    """What the driver needs of either.

    Attributes:
        exhausted: Nothing will be started any more.
        ramp_down_ns: When the loop ran out of requests to start; 0 before.
        late: Arrivals started more than 10 ms late through the client's own fault.
        unsent: Arrivals that were due but never sent, known when the loop has been stopped.
    """

    exhausted: bool
    ramp_down_ns: int
    late: int
    unsent: int

    def start(self, start_ns: int, begin_ns: int) -> None:
        """Begin the load of a level that started at `start_ns`; `begin_ns` is later if a share is taken over."""

    def ended(self, now_ns: int) -> None:
        """A request has ended."""

    def wake(self) -> None:
        """The timer fired, or the gate opened."""

    def stop(self, now_ns: int) -> None:
        """Start nothing any more."""


class ClosedLoop:
    """Keeps `slots` requests in flight. A request is scheduled for the time at which its slot became free.

    Args:
        supply: What to send.
        slots: Requests in flight; 0 when nothing falls to this share.
        duration_ns: Nothing is started later than this after the start of the level; None: until the supply ends.
        submit: Sends a request.
        gate: Whether requests may be started now.
    """

    def __init__(self, supply: Supply, *, slots: int, duration_ns: int | None, submit: Submit, gate: Gate) -> None:
        self._supply = supply
        self._slots = slots
        self._duration_ns = duration_ns
        self._submit = submit
        self._gate = gate
        self._deadline_ns: int | None = None
        self._free: deque[int] = deque()
        self._filling = False
        self.exhausted = False
        self.ramp_down_ns = 0
        self.late = 0
        self.unsent = 0

    def start(self, start_ns: int, begin_ns: int) -> None:
        """Fill all slots, which are free from `begin_ns` on."""
        if self._duration_ns is not None:
            self._deadline_ns = start_ns + self._duration_ns
        self.exhausted = self._slots == 0
        self._free.extend([begin_ns] * self._slots)
        self.wake()

    def ended(self, now_ns: int) -> None:
        """Fill the slot that has become free."""
        self._free.append(now_ns)
        self.wake()

    def wake(self) -> None:
        """Fill free slots, then build ahead."""
        if self._filling:
            return  # a request that fails inside submit comes back here: the loop below goes on with its slot
        self._filling = True
        while self._free and not self.exhausted and self._gate():
            overdue = self._deadline_ns is not None and time.monotonic_ns() >= self._deadline_ns
            ready = None if overdue else self._supply.take()
            if ready is None:
                self.exhausted = True
                self.ramp_down_ns = self._free[0]
            else:
                self._submit(ready, self._free.popleft())
        self._filling = False
        if not self.exhausted:
            self._supply.refill()

    def stop(self, now_ns: int) -> None:  # noqa: ARG002  the same shape as the open loop
        """Start nothing any more."""
        self.exhausted = True


class OpenLoop:
    """Starts every arrival at its due time, whatever the responses do.

    With a cap, arrivals beyond it wait in the order of their due times and keep them. Those still waiting when
    the level is cancelled, or `patience_ns` after the end of a level bounded by time, are never sent; their
    number is `unsent`.

    Args:
        supply: What to send, and when.
        cap: Most requests in flight; 0: no cap.
        duration_ns: Length of a level bounded by time; None: until the supply ends.
        patience_ns: How long after that length waiting arrivals are still started.
        submit: Sends a request.
        gate: Whether requests may be started now.
        set_timer: Asks for a `wake` at a time.
    """

    def __init__(
        self,
        supply: Supply,
        *,
        cap: int,
        duration_ns: int | None,
        patience_ns: int,
        submit: Submit,
        gate: Gate,
        set_timer: Callable[[int], None],
    ) -> None:
        self._supply = supply
        self._cap = cap
        self._duration_ns = duration_ns
        self._patience_ns = patience_ns
        self._submit = submit
        self._gate = gate
        self._set_timer = set_timer
        self._start_ns = 0
        self._in_flight = 0
        self._blocked = False
        self._unblocked_ns = 0
        self._starting = False
        self.exhausted = False
        self.ramp_down_ns = 0
        self.late = 0
        self.unsent = 0

    def start(self, start_ns: int, begin_ns: int) -> None:
        """Start what is due already and wait for the rest."""
        self._start_ns = start_ns
        self._unblocked_ns = begin_ns
        self.wake()

    def ended(self, now_ns: int) -> None:  # noqa: ARG002  the same shape as the closed loop
        """Start an arrival that waits for the cap."""
        self._in_flight -= 1
        if self._blocked:
            self.wake()

    def wake(self) -> None:
        """Start what is due, then set the timer and build ahead."""
        if self._starting or self.exhausted:
            return
        if self._blocked:
            self._blocked = False
            self._unblocked_ns = time.monotonic_ns()
        self._starting = True
        next_ns = self._start_due()
        self._starting = False
        if next_ns is None:
            return
        self._supply.refill()
        self._set_timer(next_ns)

    def _start_due(self) -> int | None:
        """Start what is due; return when to wake up, None when there is no time to wait for."""
        for _ in range(_BURST):
            due = self._supply.next_due()
            now = time.monotonic_ns()
            if due is None:
                self.exhausted = True
                self.ramp_down_ns = max(now, self._start_ns + (self._duration_ns or 0))
                return None
            due += self._start_ns
            if due > now:
                return due
            if self._given_up(now):
                self.stop(now)
                return None
            if (self._cap and self._in_flight >= self._cap) or not self._gate():
                self._blocked = True
                return None
            ready = self._supply.take()
            assert ready is not None  # noqa: S101  next_due has just seen it
            self._in_flight += 1
            self.late += now - max(due, self._unblocked_ns) > _LATE_NS
            self._submit(ready, due)
        return now

    def stop(self, now_ns: int) -> None:
        """Start nothing any more; count what was due and has not been sent."""
        if not self.exhausted:
            self.exhausted = True
            self.ramp_down_ns = now_ns
            self.unsent = self._supply.count_due(now_ns - self._start_ns, _COUNT_LIMIT)

    def _given_up(self, now_ns: int) -> bool:
        if self._duration_ns is None:
            return False
        return now_ns > self._start_ns + self._duration_ns + self._patience_ns
