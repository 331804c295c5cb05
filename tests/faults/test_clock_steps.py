"""Somebody sets the wall clock of an agent or of the controller in mid-run."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from world import OPEN, PATIENT, pause, world

MODULE = Path(__file__).parent / "set_clock"


class Clock:
    """The wall clock of the processes that were started with its environment."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0.0)
        self.environment = {"PYTHONPATH": str(MODULE), "FAULTS_CLOCK": str(file)}

    def set(self, seconds: float) -> None:
        """Let it be wrong by so much from now on."""
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("q", round(seconds * 1e9)))


@pytest.mark.parametrize("who", [pytest.param("agent", marks=pytest.mark.short), "controller"])
async def test_steps_of_the_wall_clock_reach_no_measurement(tmp_path: Path, seed: int, who: str) -> None:
    clock = Clock(tmp_path / "clock")
    async with world(
        tmp_path, seed, agents=0, **PATIENT, **clock.environment if who == "controller" else {}
    ) as here:
        await here.add_agent(**clock.environment if who == "agent" else {})
        await here.registered()
        run_id = await here.in_the_middle(OPEN, low=0.1, high=0.2)
        for _ in range(3):
            clock.set(here.random.choice([-1, 1]) * 10 ** here.random.uniform(-2, 4))
            await pause(here, 0.3, 0.8)
        books = await here.books(run_id)
    (level,) = books.levels()
    (shown,) = books.result.results
    assert books.result.status == "completed", books.result.notes
    assert sum(level.executed.values()) == level.planned
    # The smallest step is a hundredth of a second, the largest some hours; no latency is negative or that long.
    for stats in (shown.ttft, shown.e2e_latency, shown.schedule_delay):
        assert 0 <= stats.min <= stats.max < 60_000
    assert shown.ttft.min >= 40
    if who == "agent":
        assert any("wall clock" in note for note in books.notes), books.notes
