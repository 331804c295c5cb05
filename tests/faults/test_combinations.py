"""Two things go wrong in one run, at random moments."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from befall import FAULTS, Fault
from world import CLOSED, OPEN, POISSON, World, world


async def _later(fault: Fault, here: World, rng: random.Random) -> None:
    await asyncio.sleep(rng.uniform(0, 1.5))
    await fault(here, rng)


@pytest.mark.parametrize(
    "load", [pytest.param(OPEN, marks=pytest.mark.short), POISSON, CLOSED], ids=["constant", "poisson", "closed"]
)
async def test_two_random_faults(tmp_path: Path, seed: int, load: dict[str, object]) -> None:
    async with world(tmp_path, seed, agents=4) as here:
        chosen = here.random.sample(FAULTS, 2)
        numbers = [random.Random(here.random.random()) for _ in chosen]
        run_id = await here.in_the_middle(load, low=0.05, high=0.3)
        try:
            await asyncio.gather(*(_later(fault, here, rng) for fault, rng in zip(chosen, numbers, strict=True)))
            books = await here.books(run_id)
        except BaseException as error:
            error.add_note(f"{' and '.join(fault.__name__ for fault in chosen)}")
            raise
    assert books.result.status == "completed", books.result.error
