"""Answers in Redis, shared by all controllers of a database.

Redis may be away, slow or emptied at any time: then nothing is kept, and nobody but the log hears of it. What was
to be forgotten while it was away is forgotten before it is asked again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from controller.cache.place import Found
from loadcell.settings import Secret

log = structlog.get_logger()

T = TypeVar("T")

PATIENCE_SECONDS = 0.5  # for a connection, and for an answer
REST_SECONDS = 5.0  # after a failure, before it is asked again
_CONNECTIONS = 16
_GENERATION_BYTES = 8


class Remote:
    """Answers in Redis under a prefix of their own.

    Every value begins with the generation in which it was computed; one of another generation does not count. So
    everything is forgotten by a single change.
    """

    def __init__(self, url: Secret, prefix: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Connect later, when something is asked; `url` is of redis_url."""
        pool = BlockingConnectionPool.from_url(
            url.reveal(),
            max_connections=_CONNECTIONS,
            timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            socket_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._redis = Redis.from_pool(pool)
        self._prefix = prefix
        self._clock = clock
        self._away = False
        self._rests_until = -float("inf")
        self._to_forget = False

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

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

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
        if self._clock() < self._rests_until:
            return None
        try:
            await self._settle()
            answer = await ask()
        except (RedisError, OSError, TimeoutError) as error:
            if not self._away:
                log.warning(
                    "cache_away", error=str(error) or type(error).__name__, consequence="nothing is cached"
                )
            self._away, self._rests_until = True, self._clock() + REST_SECONDS
            return None
        if self._away:
            log.info("cache_back")
            self._away = False
        return answer
