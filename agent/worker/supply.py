"""The next requests of a share, built ahead of need."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# Enough for the burst of one wake-up; more would only cost memory and cache misses.
_RESERVE = 256
_RESERVE_BYTES = 16 * 1024 * 1024


@dataclass(slots=True)
class Ready:
    """A request whose bytes are built."""

    ordinal: int
    due_ns: int  # offset since the start of the level; 0 in a closed loop
    payload: bytes
    requested_tokens: int
    prompt_tokens: int


class Supply:
    """Keeps a bounded reserve of built requests, so that none is built between its due time and its sending.

    Args:
        arrivals: (ordinal, due offset) of the share in ascending order; read lazily.
        build: Makes the request of an ordinal: (payload, requested tokens, prompt tokens).
    """

    def __init__(
        self, arrivals: Iterator[tuple[int, int]], build: Callable[[int], tuple[bytes, int, int]]
    ) -> None:
        self._arrivals = arrivals
        self._build = build
        self._reserve: deque[Ready] = deque()
        self._bytes = 0
        self.refill()

    def next_due(self) -> int | None:
        """Return the due offset of the next request, None when there is none."""
        if not self._reserve:
            self._add()
        return self._reserve[0].due_ns if self._reserve else None

    def take(self) -> Ready | None:
        """Return the next request, None when there is none."""
        if not self._reserve and not self._add():
            return None
        ready = self._reserve.popleft()
        self._bytes -= len(ready.payload)
        return ready

    def refill(self) -> None:
        """Build ahead up to the bounds of the reserve; called when nothing is due."""
        while len(self._reserve) < _RESERVE and self._bytes < _RESERVE_BYTES and self._add():
            pass

    def count_due(self, until_ns: int, limit: int) -> int:
        """Count, and use up, the requests due up to an offset that were never sent; at most `limit`."""
        counted = sum(ready.due_ns <= until_ns for ready in self._reserve)
        self._reserve.clear()
        for _, due in self._arrivals:
            if due > until_ns or counted >= limit:
                break
            counted += 1
        return counted

    def _add(self) -> bool:
        arrival = next(self._arrivals, None)
        if arrival is None:
            return False
        ordinal, due = arrival
        payload, requested, prompt = self._build(ordinal)
        self._reserve.append(Ready(ordinal, due, payload, requested, prompt))
        self._bytes += len(payload)
        return True
