"""Answers in Redis, shared by all controllers of a database.

Redis may be away, slow or emptied at any time: then nothing is kept, and nobody but the log hears of it. When it
is back everything is forgotten before it is asked again: what was to be while it was away, and what it has read
from a disk.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

from controller.cache.place import Found
from controller.redis_link import RedisLink

T = TypeVar("T")

_GENERATION_BYTES = 8


class Remote:
    """Answers in Redis under a prefix of their own.

    Every value begins with the generation in which it was computed; one of another generation does not count. So
    everything is forgotten by a single change.
    """

    def __init__(self, link: RedisLink, prefix: str) -> None:
        self._link, self._redis = link, link.redis
        self._prefix = prefix
        self._to_forget = False

    @property
    def size(self) -> None:
        """Return None: Redis tells of what it keeps."""

    async def get(self, key: str) -> Found:
        """Return what is kept under a key."""
        answer = await self._carefully(lambda: self._get(key))
        return answer or Found(None, b"")

    async def put(self, key: str, value: bytes, seconds: float, generation: bytes) -> None:
        """Keep a value for some seconds; it counts only as long as `generation` is the one there is."""
        if generation:
            milliseconds = max(1, round(seconds * 1_000))
            await self._carefully(lambda: self._redis.set(self._prefix + key, generation + value, px=milliseconds))

    async def forget(self) -> None:
        """Forget everything, also what other controllers have kept."""
        self._to_forget = True
        await self._carefully(self._settle)

    async def _get(self, key: str) -> Found:
        generation, value = await self._read(self._prefix + "generation", self._prefix + key)
        if generation is None:
            # Two controllers may be the first at once: what counts is what is there afterwards.
            await self._redis.set(self._prefix + "generation", os.urandom(_GENERATION_BYTES), nx=True)
            (generation,) = await self._read(self._prefix + "generation")
        generation = generation or b""
        if value is None or not generation or value[:_GENERATION_BYTES] != generation:
            return Found(None, generation)
        return Found(value[_GENERATION_BYTES:], generation)

    async def _read(self, *keys: str) -> list[bytes | None]:
        return cast("list[bytes | None]", await self._redis.mget(keys))  # nothing is decoded

    async def _settle(self) -> None:
        """Forget what is still to be forgotten."""
        if self._to_forget:
            # A number that counts up would begin anew in a Redis that was emptied, and old values count again.
            await self._redis.set(self._prefix + "generation", os.urandom(_GENERATION_BYTES))
            self._to_forget = False

    async def _carefully(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """Ask Redis; None when it is away."""

        async def settled() -> T:
            self._to_forget |= self._link.away
            await self._settle()
            return await ask()

        return await self._link.carefully(settled)
