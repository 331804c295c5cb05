"""Two things go wrong in one run, at random moments."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from befall import FAULTS, FAULTS_OF_A_FLEET, Fault
from world import CLOSED, LEASE_SECONDS, OPEN, POISSON, World, longer, world

from tests.postgresql_server import PostgresqlServer

Load = dict[str, object]

# Two faults may befall most of the agents, and who is left waits a lease for those that come back.
LEASE = {"LOADCELL_LEASE_SECONDS": str(2 * LEASE_SECONDS)}


async def _later(fault: Fault, here: World, rng: random.Random) -> None:
    await asyncio.sleep(rng.uniform(0, 1.5))
    await fault(here, rng)


@pytest.mark.parametrize(
    "load", [pytest.param(OPEN, marks=pytest.mark.short), POISSON, CLOSED], ids=["constant", "poisson", "closed"]
)
async def test_two_random_faults(tmp_path: Path, seed: int, load: Load) -> None:
    async with world(tmp_path, seed, agents=4, **LEASE) as here:
        await _befall(here, FAULTS, load)


@pytest.mark.parametrize("load", [OPEN, CLOSED], ids=["open", "closed"])
async def test_two_random_faults_with_two_controllers(
    tmp_path: Path, seed: int, load: Load, postgresql_server: PostgresqlServer
) -> None:
    async with world(tmp_path, seed, agents=4, database=postgresql_server.url(), **LEASE) as here:
        await here.add_controller()
        await _befall(here, FAULTS_OF_A_FLEET, load)


async def _befall(here: World, faults: Sequence[Fault], load: Load) -> None:
    """Let two of some faults befall a run, which must be carried out all the same."""
    chosen = here.random.sample(faults, 2)
    numbers = [random.Random(here.random.random()) for _ in chosen]
    run_id = await here.in_the_middle(longer(load), low=0.05, high=0.2)
    try:
        await asyncio.gather(*(_later(fault, here, rng) for fault, rng in zip(chosen, numbers, strict=True)))
        books = await here.books(run_id)
    except BaseException as error:
        error.add_note(f"{' and '.join(fault.__name__ for fault in chosen)}")
        raise
    assert books.result.status == "completed", books.result.error
