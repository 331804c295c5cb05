"""Tells, by the health service of gRPC, how what this controller depends on is: under the names below.

The controller itself, the empty name, serves as long as it runs: without its database it still says what is wrong,
and without its Redis it still works.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from grpc_health.v1 import health, health_pb2

from controller.condition import Condition
from controller.store.database import Database
from controller.store.ping import ping
from loadcell.errors import LoadcellError

if TYPE_CHECKING:
    from controller.redis_link import RedisLink

DATABASE: Final = "database"
REDIS: Final = "redis"  # known only where one is configured
EVERY_SECONDS = 5.0
PATIENCE_SECONDS = 2.0  # whoever asks how it is must not wait until the database is given up


def condition_of(link: RedisLink | None) -> Condition:
    """Return what nothing is known of yet."""
    return Condition((DATABASE,), unused=(REDIS,)) if link is None else Condition((DATABASE, REDIS))


async def tell_dependencies(
    states: health.aio.HealthServicer, condition: Condition, database: Database, link: RedisLink | None
) -> None:
    """Look after the dependencies for ever."""

    async def tell(name: str, *, is_well: bool) -> None:
        condition.note(name, is_well=is_well)
        await _tell(states, name, is_well=is_well)

    while True:
        await tell(DATABASE, is_well=await _answers(database))
        if link is not None:
            await tell(REDIS, is_well=bool(await link.carefully(link.redis.ping)))
        await asyncio.sleep(EVERY_SECONDS)


async def _answers(database: Database) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await database.look_up(ping)
    except (LoadcellError, TimeoutError):
        return False
    return True


async def _tell(states: health.aio.HealthServicer, name: str, *, is_well: bool) -> None:
    well: Any = health_pb2.HealthCheckResponse.SERVING
    await states.set(name, well if is_well else health_pb2.HealthCheckResponse.NOT_SERVING)
