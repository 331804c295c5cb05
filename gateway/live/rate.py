"""How often a client may say something. Pure: the time is an argument."""

from __future__ import annotations


class Rate:
    """Takes so many a second, and `burst` at once. Every `now` is in seconds of a clock that only goes on."""

    def __init__(self, per_second: float, burst: int, now: float) -> None:
        self._per_second, self._burst = per_second, float(burst)
        self._left, self._filled_at = self._burst, now

    def take(self, now: float) -> bool:
        """Take one; return whether it was there."""
        self._left = min(self._burst, self._left + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
