"""The stored requests of a run as arrays, read back through the API, and the books that must balance."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import orjson
from numpy.typing import NDArray

from benchmarks.system import System
from loadcell.v1 import result_pb2

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """Measured requests in the order in which they were sent; -1 where a value is not defined."""

    ordinal: Ints
    scheduled_micros: Ints  # since the start of the level
    start_micros: Ints  # since the start of the level
    ttft_micros: Ints
    status: list[str]
    agent_id: list[str]

    def books(self, planned: int) -> tuple[int, int, Counter[str]]:
        """Return how many planned requests have no row, how many rows are too many, and rows by outcome."""
        distinct = len(np.unique(self.ordinal[self.ordinal < planned]))
        return planned - distinct, len(self.ordinal) - distinct, Counter(self.status)


async def read_rows(system: System, result: result_pb2.RunResult) -> Rows:
    """Read every measured request of a run with one level."""
    text = b"".join([piece async for piece in system.client.export(result, "jsonl")])
    lines = [row for row in map(orjson.loads, text.splitlines()) if not row["warmup"]]
    lines.sort(key=lambda row: row["start_offset_micros"])

    def column(name: str) -> Ints:
        return np.array([-1 if row[name] is None else row[name] for row in lines], np.int64)

    return Rows(
        ordinal=column("ordinal"),
        scheduled_micros=column("scheduled_offset_micros"),
        start_micros=column("start_offset_micros"),
        ttft_micros=column("ttft_micros"),
        status=[row["status"] for row in lines],
        agent_id=[row["agent_id"] for row in lines],
    )
