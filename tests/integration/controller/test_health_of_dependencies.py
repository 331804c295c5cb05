"""What a controller tells of the database and the Redis it was given."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from grpc_health.v1 import health, health_pb2

from controller import dependencies
from controller.redis_link import RedisLink
from controller.store.migrate import open_database
from loadcell.settings import Secret
from tests.free_ports import free_address
from tests.patience import PATIENCE_SECONDS

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


@asynccontextmanager
async def telling(database, link=None):
    states = health.aio.HealthServicer()
    condition = dependencies.condition_of(link)
    task = asyncio.create_task(dependencies.tell_dependencies(states, condition, database, link))
    yield states
    task.cancel()
    await asyncio.wait([task])


class Asking:
    """The context of a call that is not made."""

    async def abort(self, code, *_):
        raise LookupError(code)


async def state_of(states, name):
    try:
        return (await states.Check(health_pb2.HealthCheckRequest(service=name), Asking())).status
    except LookupError:
        return None


async def told(states, name, state):
    """Wait until that is told of it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await state_of(states, name) != state:
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(dependencies, "EVERY_SECONDS", 0.01)


async def test_a_database_that_does_not_answer_is_told_of_until_it_does(tmp_path, monkeypatch):
    database = await open_database(tmp_path / "loadcell.db")
    try:
        async with telling(database) as states:
            await told(states, dependencies.DATABASE, SERVING)
            with monkeypatch.context() as broken:

                def fail(_connection):
                    raise TimeoutError

                broken.setattr(dependencies, "ping", fail)
                await told(states, dependencies.DATABASE, NOT_SERVING)
            await told(states, dependencies.DATABASE, SERVING)
            assert await state_of(states, dependencies.REDIS) is None
    finally:
        await database.close()


async def test_a_redis_that_is_away_is_told_of(tmp_path):
    database = await open_database(tmp_path / "loadcell.db")
    link = RedisLink(Secret(f"redis://{free_address()}"))
    try:
        async with telling(database, link) as states:
            await told(states, dependencies.REDIS, NOT_SERVING)
            await told(states, dependencies.DATABASE, SERVING)
    finally:
        await link.close()
        await database.close()
