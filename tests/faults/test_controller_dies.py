"""The controller is killed in mid-run and comes back: no request is lost, none counted twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from world import CLOSED, LEASE_SECONDS, OPEN, PATIENT, POISSON, SKETCHED, pause, world


@pytest.mark.parametrize(
    "load",
    [pytest.param(OPEN, marks=pytest.mark.short), POISSON, CLOSED, SKETCHED],
    ids=["constant", "poisson", "closed", "constant_sketched"],
)
async def test_killed_controller_loses_nothing(tmp_path: Path, seed: int, load: dict[str, object]) -> None:
    async with world(tmp_path, seed, agents=2, **PATIENT) as here:
        run_id = await here.in_the_middle(load)
        await here.controllers[0].kill()
        await pause(here, 0.1, 2.0)
        await here.controllers[0].start()
        books = await here.books(run_id)
    (level,) = books.levels()
    assert books.result.status == "completed", books.result.notes
    assert sum(level.executed.values()) == level.planned == load["num_prompts"]
    assert not level.censored


async def test_sole_agent_goes_on_without_its_controller_for_longer_than_a_lease(
    tmp_path: Path, seed: int
) -> None:
    async with world(tmp_path, seed) as here:
        run_id = await here.in_the_middle(OPEN)
        await here.controllers[0].kill()
        await pause(here, LEASE_SECONDS, LEASE_SECONDS + 1)
        await here.controllers[0].start()
        books = await here.books(run_id)
    (level,) = books.levels()
    assert books.result.status == "completed", books.result.notes
    assert sum(level.executed.values()) == level.planned
