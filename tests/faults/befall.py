"""What can befall a system, as one list: for scenarios in which several things happen at once.

Each takes the world and random numbers of its own, and leaves the system as it should be: what was killed is
started again, what was cut is mended.
"""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing

from world import Agent, World, kill_process

Fault = Callable[[World, random.Random], Awaitable[None]]


def _some(world: World, rng: random.Random) -> Agent:
    return rng.choice([agent for agent in world.agents if agent.service.running])


async def agent_is_killed(world: World, rng: random.Random) -> None:
    await _some(world, rng).service.kill()


async def agent_is_killed_and_comes_back(world: World, rng: random.Random) -> None:
    agent = _some(world, rng)
    await agent.service.kill()
    await asyncio.sleep(rng.uniform(0, world.lease_seconds * 1.5))
    await agent.service.start()


async def worker_is_killed(world: World, rng: random.Random) -> None:
    kill_process(rng.choice(_some(world, rng).workers))


async def agent_freezes(world: World, rng: random.Random) -> None:
    pid = _some(world, rng).service.pid
    kill_process(pid, signal.SIGSTOP)
    await asyncio.sleep(rng.uniform(0.2, world.lease_seconds * 1.5))
    if any(agent.service.running and agent.service.pid == pid for agent in world.agents):
        kill_process(pid, signal.SIGCONT)


async def cable_is_cut(world: World, rng: random.Random) -> None:
    agent = rng.choice(world.agents)
    agent.cable.cut()
    await asyncio.sleep(rng.uniform(0.1, world.lease_seconds * 2))
    agent.cable.mend()


async def cable_is_pulled_out(world: World, rng: random.Random) -> None:
    agent = rng.choice(world.agents)
    agent.cable.swallow()
    await asyncio.sleep(rng.uniform(0.1, world.lease_seconds * 2))
    agent.cable.mend()


async def cable_is_loose(world: World, rng: random.Random) -> None:
    agent = rng.choice(world.agents)
    for _ in range(rng.randrange(2, 8)):
        agent.cable.drop()
        await asyncio.sleep(rng.uniform(0.02, 0.4))


async def controller_is_killed_and_comes_back(world: World, rng: random.Random) -> None:
    controller = rng.choice(world.controllers)
    await controller.kill()
    await asyncio.sleep(rng.uniform(0, world.lease_seconds))
    await controller.start()


async def database_is_locked(world: World, rng: random.Random) -> None:
    with closing(sqlite3.connect(world.database, isolation_level=None)) as other:
        other.execute("PRAGMA busy_timeout = 10000")
        other.execute("BEGIN EXCLUSIVE")
        await asyncio.sleep(rng.uniform(0.1, 3.0))
        other.execute("ROLLBACK")


async def agent_moves_to_another_controller(world: World, rng: random.Random) -> None:
    agent = _some(world, rng)
    agent.cable.upstreams = [*agent.cable.upstreams[1:], agent.cable.upstreams[0]]
    agent.cable.drop()


FAULTS: list[Fault] = [
    agent_is_killed,
    agent_is_killed_and_comes_back,
    worker_is_killed,
    agent_freezes,
    cable_is_cut,
    cable_is_pulled_out,
    cable_is_loose,
    controller_is_killed_and_comes_back,
    database_is_locked,
]

# For several controllers, which share a PostgreSQL database.
FAULTS_OF_A_FLEET: list[Fault] = [
    *(fault for fault in FAULTS if fault is not database_is_locked),
    agent_moves_to_another_controller,
]
