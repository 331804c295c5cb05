"""What became of every planned request, from the database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from controller.store.place import Place
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


def read_ledger(database: Place, run_id: str, level: int = 0) -> Ledger:
    rows = _read(
        database,
        "SELECT ordinal, traces.status, e2e_micros FROM traces JOIN benchmark_runs USING (run_key)"
        " WHERE run_id = :run_id AND level = :level AND warmup = 0 ORDER BY ordinal",
        run_id=run_id,
        level=level,
    )
    censored = [row for row in rows if row[1] == sample_pb2.SAMPLE_STATUS_CENSORED]
    return Ledger(
        executed=[row[0] for row in rows if row[1] != sample_pb2.SAMPLE_STATUS_CENSORED],
        censored=[row[0] for row in censored],
        ages=[row[2] for row in censored],
    )


def lease_ids(database: Place, run_id: str) -> list[str]:
    rows = _read(
        database,
        "SELECT lease_id FROM leases JOIN benchmark_runs USING (run_key) WHERE run_id = :run_id"
        " ORDER BY lease_key",
        run_id=run_id,
    )
    return [row[0] for row in rows]


def _read(database: Place, statement: str, **values: object) -> list[tuple[Any, ...]]:
    engine = create_engine(f"sqlite:///{database}" if isinstance(database, Path) else database, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]
    finally:
        engine.dispose()
