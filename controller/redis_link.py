"""The connection to Redis. It may be away, slow or emptied at any time, and nobody but the log hears of it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from loadcell.settings import Secret

log = structlog.get_logger()

T = TypeVar("T")

PATIENCE_SECONDS = 0.5  # for a connection, and for an answer
REST_SECONDS = 5.0  # after a failure, before it is asked again
_CONNECTIONS = 16


class RedisLink:
    """A few connections that stay open, and whether somebody answers there."""

    def __init__(self, url: Secret, clock: Callable[[], float] = time.monotonic) -> None:
        """Connect later, when something is asked; `url` is of redis_url."""
        pool = BlockingConnectionPool.from_url(
            url.reveal(),
            max_connections=_CONNECTIONS,
            timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            socket_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self.redis = Redis.from_pool(pool)
        self._clock = clock
        self._rests_until = -float("inf")
        self.away = False

    async def carefully(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """Ask Redis; None when it is away."""
        if self._clock() < self._rests_until:
            return None
        try:
            answer = await ask()
        except (RedisError, OSError, TimeoutError) as error:
            if not self.away:
                log.warning(
                    "redis_away",
                    error=str(error) or type(error).__name__,
                    consequence="nothing is cached, and each controller counts calls by itself",
                )
            self.away, self._rests_until = True, self._clock() + REST_SECONDS
            return None
        if self.away:
            log.info("redis_back")
            self.away = False
        return answer

    async def close(self) -> None:
        """Close the connections."""
        await self.redis.aclose()
