"""The books can be wrong: each way of losing or doubling a request is noticed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from ledger import Ledger
from world import world

SMALL = {"rate": [200.0], "num_prompts": 40, "warmup": 2}

WRONG = {
    "DELETE FROM traces WHERE warmup = 0 AND ordinal = 7": "are nowhere: [7]",
    "UPDATE traces SET ordinal = 40 WHERE warmup = 0 AND ordinal = 7": "beyond the plan of 40: [40]",
    "INSERT INTO traces SELECT run_key, level, warmup, ordinal, lease_key + 1, {rest} FROM traces"
    " WHERE warmup = 0 AND ordinal = 7": "are there twice: [7]",
    "UPDATE traces SET status = 2 WHERE warmup = 0 AND ordinal = 7": "39 OK are stored and the result shows 40",
    "UPDATE traces SET status = 3 WHERE warmup = 0 AND ordinal = 7": "of a completed run are CANCELLED",
    "UPDATE traces SET status = 4 WHERE warmup = 0 AND ordinal = 7": "requests are CENSORED and no note says so",
    "DELETE FROM batches WHERE batch_number = 1": "batches, the last is",
    "UPDATE batches SET row_count = row_count + 1": "in its batches",
    "UPDATE leases SET state = 4": "is left in LEASE_STATE_RUNNING",
    "UPDATE benchmark_runs SET state = 3": "is left in RUN_STATE_RUNNING",
    "UPDATE leases SET last_batch_number = last_batch_number + 1": "are stored",
}


@pytest.mark.short
async def test_every_way_to_lose_or_double_a_request_is_noticed(tmp_path: Path, seed: int) -> None:
    async with world(tmp_path, seed) as here:
        good = await here.books(await here.begin(**SMALL))
    path = tmp_path / "loadcell.db"
    with closing(sqlite3.connect(path)) as original:
        for number, (damage, expected) in enumerate(WRONG.items()):
            names = [row[1] for row in original.execute("PRAGMA table_info(traces)")]
            damaged = tmp_path / f"damaged-{number}.db"
            with closing(sqlite3.connect(damaged)) as copy:
                original.backup(copy)
                copy.execute(damage.format(rest=", ".join(names[5:])))
                copy.commit()
            complaints = Ledger(f"sqlite:///{damaged}", good.run_id, good.result).complaints()
            assert any(expected in complaint for complaint in complaints), (damage, complaints)
