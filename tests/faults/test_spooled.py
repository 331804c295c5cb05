"""The agent has no room for its samples: neither on the disk nor, in the end, in memory."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from service import until
from world import Agent, world

from loadcell.mockserver import Behavior

FAST = {"rate": [200.0], "num_prompts": 1_000, "warmup": 2}


def kept(agent: Agent) -> int:
    """Bytes of the largest file of an agent's spool."""
    return max((file.stat().st_size for file in agent.data_dir.rglob("*.segment")), default=0)


@pytest.mark.short
async def test_full_disk_loses_nothing(tmp_path: Path, seed: int) -> None:
    async with world(tmp_path, seed) as here:
        (agent,) = here.agents
        run_id = await here.in_the_middle(FAST, low=0.1, high=0.2)
        agent.cable.cut()
        # No file of the agent may grow beyond this: writing fails as on a full disk. Its log stays far shorter.
        await until(lambda: kept(agent) > agent.service.log.stat().st_size + 8_000, "samples in the spool")
        limit = kept(agent) + here.random.randrange(1, 2_000)
        resource.prlimit(agent.service.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        await until(lambda: "spool_refuses" in agent.service.text(), "a spool that refuses")
        resource.prlimit(
            agent.service.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        )
        agent.cable.mend()
        books = await here.books(run_id)
    (level,) = books.levels()
    assert books.result.status == "completed", books.result.notes
    assert sum(level.executed.values()) == level.planned
    assert not level.censored


async def test_full_memory_holds_load_back_and_loses_nothing(tmp_path: Path, seed: int) -> None:
    big = {"concurrency": [16], "num_prompts": 8_000, "output_len": 64, "timeline": True}
    async with world(tmp_path, seed, agents=0, behavior=Behavior()) as here:
        agent = await here.add_agent(LOADCELL_SPOOL_MB="0", LOADCELL_UPLINK_MEMORY_MB="1")
        await here.registered()
        run_id = await here.in_the_middle(big, low=0.02, high=0.1)
        agent.cable.cut()
        await agent.service.said("uplink_full")
        agent.cable.mend()
        books = await here.books(run_id)
    (level,) = books.levels()
    assert books.result.status == "completed", books.result.notes
    assert sum(level.executed.values()) == level.planned
    assert any("the uplink was full" in note for note in books.notes), books.notes
