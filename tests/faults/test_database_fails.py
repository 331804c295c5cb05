"""The database is locked, restarted or shared in mid-run."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from world import CLOSED, OPEN, PATIENT, pause, pick, world

from tests.postgresql_server import PostgresqlServer

LOADS = pytest.mark.parametrize("load", [OPEN, CLOSED], ids=["open", "closed"])


@LOADS
async def test_locked_sqlite_is_waited_for(tmp_path: Path, seed: int, load: dict[str, object]) -> None:
    async with world(tmp_path, seed, agents=2, LOADCELL_LEASE_SECONDS="20") as here:
        run_id = await here.in_the_middle(load)
        with closing(sqlite3.connect(tmp_path / "loadcell.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            await pause(here, 0.5, 7.0)
            other.execute("ROLLBACK")
        books = await here.books(run_id)
    (level,) = books.levels()
    assert books.result.status == "completed", books.result.notes
    assert sum(level.executed.values()) == level.planned
    assert not level.censored


@LOADS
async def test_restarted_postgresql_loses_nothing(
    tmp_path: Path, seed: int, load: dict[str, object], postgresql_server: PostgresqlServer
) -> None:
    database = postgresql_server.url()
    async with world(tmp_path, seed, agents=2, database=database, LOADCELL_LEASE_SECONDS="20") as here:
        run_id = await here.in_the_middle(load)
        await asyncio.to_thread(postgresql_server.stop)
        await pause(here, 0.0, 3.0)
        await asyncio.to_thread(postgresql_server.start)
        books = await here.books(run_id)
    (level,) = books.levels()
    assert books.result.status == "completed", books.result.notes
    assert sum(level.executed.values()) == level.planned
    assert not level.censored


@pytest.mark.parametrize(
    "back", [pytest.param(False, marks=pytest.mark.short), True], ids=["for_good", "and_comes_back"]
)
async def test_one_of_two_controllers_is_killed(
    tmp_path: Path, seed: int, postgresql_server: PostgresqlServer, back: bool
) -> None:
    database = postgresql_server.url()
    async with world(tmp_path, seed, agents=2, database=database, **PATIENT) as here:
        await here.add_controller()
        run_id = await here.in_the_middle(OPEN)
        killed = here.random.choice(here.controllers)
        await killed.kill()
        if back:
            await pause(here, 0.0, 2.0)
            await killed.start()
        books = await here.books(run_id)
    (level,) = books.levels()
    assert books.result.status == "completed", books.result.notes
    assert sum(level.executed.values()) == level.planned
    assert not level.censored


async def test_agents_of_two_controllers_share_a_run_and_one_is_killed(
    tmp_path: Path, seed: int, postgresql_server: PostgresqlServer
) -> None:
    async with world(tmp_path, seed, agents=2, database=postgresql_server.url()) as here:
        await here.add_controller()
        await here.add_agent(first=1)
        await here.add_agent(first=1)
        await here.registered()
        # A controller drives a run with the agents that are connected to it.
        runs = [await here.begin(**OPEN, agent_count=2), await here.begin(**OPEN, agent_count=2)]
        await here.reached(runs[0], 0.3, OPEN)
        lost = pick(here, here.agents)
        await lost.service.kill()
        for run_id in runs:
            books = await here.books(run_id)
            assert books.result.status == "completed", books.result.error
