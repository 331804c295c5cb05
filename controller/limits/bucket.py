"""Token buckets: what each holds at a moment, and what is taken from several at once. The clock is injected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls per minute in the long run, and at most `burst` at once."""

    per_minute: float
    burst: float

    @property
    def per_second(self) -> float:
        """Tokens that come back every second."""
        return self.per_minute / 60

    @property
    def full_seconds(self) -> float:
        """After this long a bucket is full, whatever it held."""
        return self.burst / self.per_second


class Verdict(NamedTuple):
    """Whether a call is let in, told by the bucket that is nearest to refusing one.

    `limit` is its rate per minute, `remaining` the calls it admits at once, `reset_seconds` after how long it is
    full and `retry_seconds` after how long every bucket admits a call.
    """

    admitted: bool
    limit: float
    remaining: int
    reset_seconds: float
    retry_seconds: float


class Bucket:
    """What was left at a moment, in seconds of some clock that only goes on. A new one is full."""

    __slots__ = ("_at", "_clock", "_left", "rate")

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self.rate, self._clock = rate, clock
        self._left, self._at = rate.burst, clock()

    def level(self) -> float:
        """Return how many tokens there are now."""
        now = self._clock()
        self._left = min(self.rate.burst, self._left + max(now - self._at, 0.0) * self.rate.per_second)
        self._at = max(now, self._at)
        return self._left

    def take(self) -> None:
        """Take a token that `level` has found."""
        self._left -= 1


def take_from_all(buckets: Sequence[Bucket]) -> Verdict:
    """Take a token from every bucket, or from none when one of them has none."""
    levels = [bucket.level() for bucket in buckets]
    admitted = min(levels) >= 1
    if admitted:
        for bucket in buckets:
            bucket.take()
        levels = [level - 1 for level in levels]
    return verdict(admitted, [(bucket.rate, level) for bucket, level in zip(buckets, levels, strict=True)])


def verdict(admitted: bool, found: Sequence[tuple[Rate, float]]) -> Verdict:
    """Return what buckets say that hold so much now."""
    rate, level = min(found, key=lambda one: (one[1] >= 1, one[1] / one[0].burst))
    waits = [max(1 - left, 0.0) / of.per_second for of, left in found]
    return Verdict(admitted, rate.per_minute, int(level), (rate.burst - level) / rate.per_second, max(waits))
