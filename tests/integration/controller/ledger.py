"""What became of every planned request, from the database."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from loadcell.v1 import sample_pb2


@dataclass(frozen=True)
class Ledger:
    """Ordinals of the measured requests of a run's level by what is known of them, one entry a row."""

    executed: list[int]
    censored: list[int]
    ages: list[int]  # of the censored, microseconds

    def balances(self, planned: int, *, twice: int = 0) -> bool:
        """Whether every planned ordinal is there once, but for those executed twice."""
        every = self.executed + self.censored
        return set(every) == set(range(planned)) and len(every) == planned + twice


def read_ledger(database: Path, run_id: str, level: int = 0) -> Ledger:
    with sqlite3.connect(database, timeout=15) as connection:
        rows = connection.execute(
            "SELECT ordinal, traces.status, e2e_micros FROM traces JOIN benchmark_runs USING (run_key)"
            " WHERE run_id = ? AND level = ? AND warmup = 0 ORDER BY ordinal",
            (run_id, level),
        ).fetchall()
    connection.close()
    censored = [row for row in rows if row[1] == sample_pb2.SAMPLE_STATUS_CENSORED]
    return Ledger(
        executed=[row[0] for row in rows if row not in censored],
        censored=[row[0] for row in censored],
        ages=[row[2] for row in censored],
    )


def lease_ids(database: Path, run_id: str) -> list[str]:
    with sqlite3.connect(database, timeout=15) as connection:
        rows = connection.execute(
            "SELECT lease_id FROM leases JOIN benchmark_runs USING (run_key) WHERE run_id = ? ORDER BY lease_key",
            (run_id,),
        ).fetchall()
    connection.close()
    return [row[0] for row in rows]
