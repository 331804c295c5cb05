"""Two controllers on one database, and agents that change from one to the other."""

from __future__ import annotations

from pathlib import Path

import pytest
from world import CLOSED, LEASE_SECONDS, OPEN, POISSON, pause, world

from tests.postgresql_server import PostgresqlServer


@pytest.mark.parametrize(
    "load", [pytest.param(OPEN, marks=pytest.mark.short), POISSON, CLOSED], ids=["constant", "poisson", "closed"]
)
async def test_share_of_an_agent_that_moved_to_the_other_controller_is_executed_once(
    tmp_path: Path, seed: int, postgresql_server: PostgresqlServer, load: dict[str, object]
) -> None:
    async with world(tmp_path, seed, agents=3, database=postgresql_server.url()) as here:
        await here.add_controller()
        run_id = await here.in_the_middle(load, low=0.05, high=0.2)
        agent = here.random.choice(here.agents)
        agent.cable.upstreams = agent.cable.upstreams[1:]
        agent.cable.drop()
        await pause(here, LEASE_SECONDS + 0.5, LEASE_SECONDS + 1.5)
        books = await here.books(run_id)
    assert books.result.status == "completed", books.result.notes
    assert any(agent.agent_id in note for note in books.notes)
