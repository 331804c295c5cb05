"""How much happened per second over the last seconds."""

from __future__ import annotations

from collections import deque

SPAN_SECONDS = 5.0
_SLOT_SECONDS = 0.25


class RecentRate:
    """Requests and tokens of the last five seconds, kept in at most 22 slots of a quarter of a second."""

    def __init__(self) -> None:
        self._slots: deque[tuple[float, int, int]] = deque()

    def add(self, now: float, requests: int, tokens: int) -> None:
        """Count what was committed at `now` (seconds, never going back)."""
        slot = now - now % _SLOT_SECONDS
        if self._slots and self._slots[-1][0] == slot:
            _, earlier_requests, earlier_tokens = self._slots.pop()
            requests, tokens = requests + earlier_requests, tokens + earlier_tokens
        self._slots.append((slot, requests, tokens))
        self._forget(now)

    def per_second(self, now: float, elapsed: float) -> tuple[float, float]:
        """Return requests and tokens per second at `now`, of a level that has gone on for `elapsed` seconds."""
        self._forget(now)
        span = max(_SLOT_SECONDS, min(SPAN_SECONDS, elapsed))
        return (
            sum(requests for _, requests, _ in self._slots) / span,
            sum(tokens for _, _, tokens in self._slots) / span,
        )

    def _forget(self, now: float) -> None:
        while self._slots and self._slots[0][0] + SPAN_SECONDS <= now:
            self._slots.popleft()
