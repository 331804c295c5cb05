"""Agents and their workers are killed, stopped, frozen, started twice and drained."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest
from service import until
from world import CLOSED, LEASE_SECONDS, OPEN, PATIENT, POISSON, SKETCHED, kill_process, longer, pause, pick, world

LOADS = pytest.mark.parametrize(
    "load",
    [
        OPEN,
        pytest.param(POISSON, marks=pytest.mark.short),
        CLOSED,
        pytest.param(SKETCHED, marks=pytest.mark.short),
        {**CLOSED, "trace_sample_rate": 0.2},
    ],
    ids=["constant", "poisson", "closed", "constant_sketched", "closed_sampled"],
)


@LOADS
async def test_one_of_three_agents_is_killed(tmp_path: Path, seed: int, load: dict[str, object]) -> None:
    async with world(tmp_path, seed, agents=3) as here:
        run_id = await here.in_the_middle(load)
        lost = pick(here, here.agents)
        await lost.service.kill()
        books = await here.books(run_id)
    assert books.result.status == "completed", books.result.notes
    assert any(lost.agent_id in note for note in books.result.notes)
    sampled = bool({"sketch_only", "trace_sample_rate"} & load.keys())
    assert books.result.percentiles == ("sketch" if sampled else "exact")


@pytest.mark.parametrize(
    ("load", "agents"),
    [
        (OPEN, 1),
        (OPEN, 2),
        (POISSON, 1),
        (POISSON, 2),
        (CLOSED, 1),
        pytest.param(CLOSED, 2, marks=pytest.mark.short),
    ],
    ids=["constant-1", "constant-2", "poisson-1", "poisson-2", "closed-1", "closed-2"],
)
async def test_worker_process_is_killed(tmp_path: Path, seed: int, load: dict[str, object], agents: int) -> None:
    async with world(tmp_path, seed, agents=agents, workers=2) as here:
        run_id = await here.in_the_middle(load)
        kill_process(here.random.choice(pick(here, here.agents).workers))
        books = await here.books(run_id)
        for agent in here.agents:
            assert len(agent.workers) == 2
    assert books.result.status == "completed", books.result.notes
    assert any("worker" in note for note in books.result.notes)


@pytest.mark.short
@pytest.mark.parametrize("agents", [1, 2])
async def test_killed_agent_comes_back_and_delivers_what_it_had_measured(
    tmp_path: Path, seed: int, agents: int
) -> None:
    async with world(tmp_path, seed, agents=agents, **PATIENT) as here:
        run_id = await here.in_the_middle(longer(OPEN), high=0.3)
        # Nothing gets through for a moment, so that the agent dies with samples that nobody else has.
        agent = pick(here, here.agents)
        agent.cable.cut()
        await pause(here, 0.3, 0.8)
        await agent.service.kill()
        agent.cable.mend()
        await pause(here, 0.0, 1.0)
        await agent.service.start()
        books = await here.books(run_id)
    assert books.result.status == "completed", books.result.notes


async def test_second_agent_with_the_same_id_ends_the_first(tmp_path: Path, seed: int) -> None:
    async with world(tmp_path, seed, agents=2) as here:
        run_id = await here.in_the_middle(OPEN)
        first = here.agents[0]
        await here.add_agent(first.agent_id)
        assert await first.service.ended() == 1
        assert "LOADCELL_AGENT_ID" in first.service.text()
        books = await here.books(run_id)
    assert books.result.status == "completed", books.result.notes


async def test_drained_agent_finishes_its_share(tmp_path: Path, seed: int) -> None:
    async with world(tmp_path, seed, agents=2) as here:
        run_id = await here.in_the_middle(OPEN)
        agent = pick(here, here.agents)
        await here.client.drain_agent(agent.agent_id)
        books = await here.books(run_id)
        (level,) = books.levels()
        assert sum(level.executed.values()) == level.planned
        # And gets nothing more: a run of one agent goes to the other.
        after = await here.books(await here.begin(**{**CLOSED, "num_prompts": 9}, agent_count=1))
        assert [one.agent_id for one in after.result.agents] != [agent.agent_id]


async def test_agent_that_is_told_to_end_delivers_first(tmp_path: Path, seed: int) -> None:
    async with world(tmp_path, seed, agents=2) as here:
        run_id = await here.in_the_middle(OPEN)
        agent = pick(here, here.agents)
        agent.service.send(signal.SIGTERM)
        assert await agent.service.ended() == 0
        books = await here.books(run_id)
    assert books.result.status == "completed", books.result.notes


@pytest.mark.parametrize("whole", [False, True], ids=["main_process", "with_workers"])
async def test_frozen_agent_thaws_after_its_lease(tmp_path: Path, seed: int, whole: bool) -> None:
    async with world(tmp_path, seed, agents=3) as here:
        run_id = await here.in_the_middle(OPEN, high=0.35)
        agent = pick(here, here.agents)
        frozen = [agent.service.pid, *(agent.workers if whole else [])]
        for pid in frozen:
            kill_process(pid, signal.SIGSTOP)
        await asyncio.sleep(LEASE_SECONDS + here.random.uniform(0.5, 1.5))
        for pid in frozen:
            kill_process(pid, signal.SIGCONT)
        books = await here.books(run_id)
    assert books.result.status == "completed", books.result.notes


async def test_agents_and_workers_killed_again_and_again_leave_no_file_open(tmp_path: Path, seed: int) -> None:
    async with world(tmp_path, seed, agents=2, workers=2) as here:
        await here.books(await here.in_the_middle(CLOSED))
        before = here.files()
        survivor, killed = here.agents
        for _ in range(3):
            (survivor_worker, _) = survivor.workers
            kill_process(survivor_worker)
            await killed.service.kill()
            await killed.service.start()
            await killed.service.said("agent_registered")
            await until(
                lambda gone=survivor_worker: gone not in survivor.workers and len(survivor.workers) == 2,
                "another worker",
            )
        await here.books(await here.begin(**CLOSED))
        await here.quiet(before)
