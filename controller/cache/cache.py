"""Answers that are kept, and equal questions at the same time computed once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from prometheus_client import CollectorRegistry

from controller.cache.kinds import Kind, Seconds
from controller.cache.place import Place
from controller.metrics import names
from loadcell.metric_sheet import Sheet, show

LARGEST = 1 << 20  # bytes of an answer that is kept


class Kept(NamedTuple):
    """An answer, and whether it was kept from an earlier question."""

    value: bytes
    cached: bool


class Cache:
    """Keeps answers in a place for as long as their kind says."""

    def __init__(self, place: Place, seconds: Seconds, registry: CollectorRegistry) -> None:
        self._place = place
        self._seconds = seconds
        self._flights: dict[tuple[str, bytes], asyncio.Task[bytes]] = {}
        self._hits: Counter[Kind] = Counter()
        self._misses: Counter[Kind] = Counter()
        show(registry, names.CACHE_METRICS, self._fill)

    def seconds(self, kind: Kind) -> float:
        """Return for how long answers of a kind are kept; 0: they are not."""
        return self._seconds.of(kind)

    async def answer(self, kind: Kind, key: str, compute: Callable[[], Awaitable[bytes]]) -> Kept:
        """Return what is kept under a key, or what `compute` returns, which others who ask meanwhile get as well.

        A computation goes on when the one who asked first has gone.

        Raises:
            Exception: What `compute` raises; it is not kept.
        """
        seconds = self._seconds.of(kind)
        if not seconds:
            return Kept(await compute(), cached=False)
        value, generation = await self._place.get(key)
        if value is not None:
            self._hits[kind] += 1
            return Kept(value, cached=True)
        self._misses[kind] += 1
        flight = self._flights.get((key, generation))
        if flight is None:
            flight = asyncio.create_task(self._compute(key, generation, seconds, compute))
            self._flights[key, generation] = flight
            flight.add_done_callback(lambda done: self._landed((key, generation), done))
        return Kept(await asyncio.shield(flight), cached=False)

    async def forget(self) -> None:
        """Forget every answer: something was deleted or changed that they may show."""
        self._flights.clear()  # what is being computed may have been read before
        await self._place.forget()

    async def close(self) -> None:
        """End what is being computed."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    async def _compute(
        self, key: str, generation: bytes, seconds: float, compute: Callable[[], Awaitable[bytes]]
    ) -> bytes:
        value = await compute()
        if len(value) <= LARGEST:
            await self._place.put(key, value, seconds, generation)
        return value

    def _fill(self, sheet: Sheet) -> None:
        for kind in Kind:
            sheet.add(names.CACHE_HITS, (kind.value,), self._hits[kind])
            sheet.add(names.CACHE_MISSES, (kind.value,), self._misses[kind])
        if self._place.size is not None:
            sheet.add(names.CACHE_SIZE, (), self._place.size)

    def _landed(self, which: tuple[str, bytes], flight: asyncio.Task[bytes]) -> None:
        if self._flights.get(which) is flight:
            del self._flights[which]
        if not flight.cancelled():
            flight.exception()  # who asked has got it, or has gone
