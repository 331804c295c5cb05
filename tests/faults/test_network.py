"""The cable between agents and controller is cut, pulled out, slow or loose."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from world import CLOSED, LEASE_SECONDS, OPEN, PATIENT, longer, pause, pick, world


@pytest.mark.parametrize("agents", [1, 3])
@pytest.mark.parametrize("load", [OPEN, CLOSED], ids=["open", "closed"])
async def test_cut_that_is_shorter_than_a_lease_is_not_seen_in_the_result(
    tmp_path: Path, seed: int, load: dict[str, object], agents: int
) -> None:
    async with world(tmp_path, seed, agents=agents, **PATIENT) as here:
        run_id = await here.in_the_middle(load)
        for agent in here.agents:
            agent.cable.cut()
        await pause(here, 0.1, 2.0)
        for agent in here.agents:
            agent.cable.mend()
        books = await here.books(run_id)
    (level,) = books.levels()
    assert books.result.status == "completed", books.result.notes
    assert sum(level.executed.values()) == level.planned
    assert books.notes == []


@pytest.mark.parametrize("swallow", [False, pytest.param(True, marks=pytest.mark.short)], ids=["cut", "half_open"])
async def test_sole_agent_measures_on_behind_a_cut_that_is_longer_than_a_lease(
    tmp_path: Path, seed: int, swallow: bool
) -> None:
    async with world(tmp_path, seed) as here:
        run_id = await here.in_the_middle(OPEN)
        (agent,) = here.agents
        (agent.cable.swallow if swallow else agent.cable.cut)()
        await pause(here, LEASE_SECONDS + 0.5, LEASE_SECONDS + 2)
        agent.cable.mend()
        books = await here.books(run_id)
    (level,) = books.levels()
    assert books.result.status == "completed", books.result.notes
    assert sum(level.executed.values()) == level.planned


@pytest.mark.parametrize(
    ("load", "swallow"),
    [pytest.param(OPEN, False, marks=pytest.mark.short), (OPEN, True), (CLOSED, False), (CLOSED, True)],
    ids=["open-cut", "open-half_open", "closed-cut", "closed-half_open"],
)
async def test_share_behind_a_cut_that_is_longer_than_a_lease_is_carried_out_by_the_others(
    tmp_path: Path, seed: int, load: dict[str, object], swallow: bool
) -> None:
    async with world(tmp_path, seed, agents=3) as here:
        run_id = await here.in_the_middle(load, high=0.35)
        agent = pick(here, here.agents)
        (agent.cable.swallow if swallow else agent.cable.cut)()
        await pause(here, LEASE_SECONDS + 0.5, LEASE_SECONDS + 2)
        agent.cable.mend()
        books = await here.books(run_id)
    assert books.result.status == "completed", books.result.notes
    assert any(agent.agent_id in note for note in books.result.notes)


@pytest.mark.parametrize("load", [OPEN, CLOSED], ids=["open", "closed"])
async def test_all_agents_are_cut_off_for_longer_than_a_lease(
    tmp_path: Path, seed: int, load: dict[str, object]
) -> None:
    lease = 2 * LEASE_SECONDS  # so long the first one back waits for the others
    async with world(tmp_path, seed, agents=3, LOADCELL_LEASE_SECONDS=str(lease)) as here:
        run_id = await here.in_the_middle(longer(load), low=0.05, high=0.2)
        for agent in here.agents:
            agent.cable.cut()
        await pause(here, lease + 0.5, lease + 2)
        for agent in here.agents:
            agent.cable.mend()
        books = await here.books(run_id)
    assert books.result.status == "completed", books.result.notes


@pytest.mark.short
async def test_loose_cable_delivers_everything_once(tmp_path: Path, seed: int) -> None:
    async with world(tmp_path, seed, agents=2, **PATIENT) as here:
        here.agents[0].cable.twice = True
        run_id = await here.in_the_middle(OPEN, low=0.05, high=0.1)
        for _ in range(8):
            pick(here, here.agents).cable.drop()
            await pause(here, 0.05, 0.4)
        books = await here.books(run_id)
        assert sum(agent.cable.connections for agent in here.agents) > len(here.agents)
    (level,) = books.levels()
    assert sum(level.executed.values()) == level.planned
    assert books.notes == []


async def test_slow_cable_slows_nothing_down(tmp_path: Path, seed: int) -> None:
    async with world(tmp_path, seed, **PATIENT) as here:
        run_id = await here.in_the_middle(OPEN, low=0.05, high=0.1)
        here.agents[0].cable.delay_seconds = here.random.uniform(0.1, 0.4)
        books = await here.books(run_id)
    (level,) = books.levels()
    assert sum(level.executed.values()) == level.planned
    assert books.notes == []


async def test_cables_cut_again_and_again_leave_no_file_open(tmp_path: Path, seed: int) -> None:
    async with world(tmp_path, seed, agents=2, **PATIENT) as here:
        await here.books(await here.in_the_middle(CLOSED))
        before = here.files()
        run_id = await here.in_the_middle(CLOSED, low=0.05, high=0.1)
        for _ in range(10):
            for agent in here.agents:
                agent.cable.drop()
            await asyncio.sleep(0.15)
        await here.books(run_id)
        # Connections that were cut last are closed a moment later.
        await here.quiet(before)
