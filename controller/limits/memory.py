"""Buckets in this process; what was used last stays."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from controller.limits.bucket import Bucket, Rate, Verdict, take_from_all

CAPACITY = 100_000  # buckets; one that nobody has used for long is full, as a new one is


class Buckets:
    """Buckets by name, made when they are first asked for."""

    def __init__(self, capacity: int = CAPACITY, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity, self._clock = capacity, clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, wanted: Sequence[tuple[str, Rate]]) -> Verdict:
        """Take a token from every bucket that is named, or from none."""
        return take_from_all([self.get(name, rate) for name, rate in wanted])

    def get(self, name: str, rate: Rate) -> Bucket:
        """Return a bucket; one that had another rate keeps what it holds, as far as there is room for it."""
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = Bucket(rate, self._clock)
            if len(self._buckets) > self._capacity:
                self._buckets.popitem(last=False)
        elif bucket.rate != rate:
            bucket.level()  # what came back until now did so at the rate it had
            bucket.rate = rate
        self._buckets.move_to_end(name)
        return bucket

    def __contains__(self, name: str) -> bool:
        return name in self._buckets

    def __len__(self) -> int:
        return len(self._buckets)
