"""The database is locked, restarted or shared in mid-run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from world import CLOSED, OPEN, pause, world


@pytest.mark.parametrize("load", [OPEN, CLOSED], ids=["open", "closed"])
async def test_locked_sqlite_is_waited_for(tmp_path: Path, seed: int, load: dict[str, object]) -> None:
    async with world(tmp_path, seed, agents=2, LOADCELL_LEASE_SECONDS="20") as here:
        run_id = await here.in_the_middle(load)
        with closing(sqlite3.connect(tmp_path / "loadcell.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            await pause(here, 0.5, 7.0)
            other.execute("ROLLBACK")
        books = await here.books(run_id)
    (level,) = books.levels()
    assert books.result.status == "completed"
    assert sum(level.executed.values()) == level.planned
    assert not level.censored
