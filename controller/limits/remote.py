"""Buckets in Redis, which all controllers of a database take from, by the clock of Redis alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from controller.limits.bucket import Rate, Verdict, verdict
from controller.redis_link import RedisLink

# One script is one step for Redis: nobody takes from a bucket between the look at it and the taking.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local levels, admitted = {}, 1
for i, key in ipairs(KEYS) do
  local rate, burst = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1])
  local kept = redis.call('HMGET', key, 'left', 'at')
  local level = burst
  if kept[1] and kept[2] then
    level = math.min(burst, tonumber(kept[1]) + math.max(now - tonumber(kept[2]), 0) / 1000000 * rate)
  end
  levels[i] = level
  if level < 1 then admitted = 0 end
end
for i, key in ipairs(KEYS) do
  levels[i] = levels[i] - admitted
  if admitted == 1 then
    redis.call('HSET', key, 'left', string.format('%.17g', levels[i]), 'at', string.format('%.0f', now))
    redis.call('PEXPIRE', key, ARGV[3 * i])
  end
  levels[i] = string.format('%.17g', levels[i])
end
return {admitted, unpack(levels)}
"""
_SPARE_MILLISECONDS = 1_000


class RemoteBuckets:
    """Buckets under a prefix of their own; one that is full again leaves Redis by itself."""

    def __init__(self, link: RedisLink, prefix: str) -> None:
        self._link, self._prefix = link, prefix
        self._take = link.redis.register_script(_TAKE)

    async def take(self, who: str, wanted: Sequence[tuple[str, Rate]]) -> Verdict | None:
        """Take a token from every bucket of somebody that is named, or from none; None when Redis is away."""
        # What is in braces decides the place in a cluster: the keys of a script must be in one.
        keys = [f"{self._prefix}rate:{{{who}}}:{name}" for name, _ in wanted]
        told: list[float | int] = []
        for _, rate in wanted:
            told += [rate.per_second, rate.burst, math.ceil(rate.full_seconds * 1_000) + _SPARE_MILLISECONDS]

        async def ask() -> list[Any]:
            answer: list[Any] = await self._take(keys, told)
            return answer

        answer = await self._link.carefully(ask)
        if answer is None:
            return None
        admitted, *levels = answer
        found = [(rate, float(level)) for (_, rate), level in zip(wanted, levels, strict=True)]
        return verdict(bool(admitted), found)
