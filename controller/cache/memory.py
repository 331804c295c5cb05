"""Answers in this process: what was used last stays, as much as fits."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from controller.cache.place import Found

_OVERHEAD = 300  # bytes an entry takes beside its value: key, dates, tables


class _Entry(NamedTuple):
    value: bytes
    until: float  # of the clock


class Memory:
    """At most `capacity` bytes of answers."""

    def __init__(self, capacity: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity = capacity
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._generation = 0
        self.size = 0  # bytes

    async def get(self, key: str) -> Found:
        """Return what is kept under a key."""
        entry = self._entries.get(key)
        if entry is not None and entry.until <= self._clock():
            self._remove(key)
            entry = None
        if entry is not None:
            self._entries.move_to_end(key)
        return Found(entry and entry.value, self._generation.to_bytes(8))

    async def put(self, key: str, value: bytes, seconds: float, generation: bytes) -> None:
        """Keep a value for some seconds, unless everything was forgotten since `generation` was found."""
        if generation != self._generation.to_bytes(8):
            return
        self._remove(key)
        self._entries[key] = _Entry(value, self._clock() + seconds)
        self.size += len(value) + _OVERHEAD
        while self.size > self._capacity:
            self._remove(next(iter(self._entries)))

    async def forget(self) -> None:
        """Forget everything."""
        self._generation += 1
        self._entries.clear()
        self.size = 0

    def _remove(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.size -= len(entry.value) + _OVERHEAD
