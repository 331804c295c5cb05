"""How many samples a second one controller takes from 8 agents, and how long they wait for it."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from typing import Any

from benchmarks.figures import Figure
from benchmarks.postgresql import postgresql
from benchmarks.processes import Service, started
from benchmarks.sizes import Sizes
from benchmarks.system import level, whole_system

AGENTS, BATCH_ROWS = 8, 500
REQUIRED, AIM = 25_000, 50_000  # samples/s
SAMPLED: dict[str, dict[str, Any]] = {
    "a tenth kept": {"trace_sample_rate": 0.1},
    "only sketches kept": {"sketch_only": True},
}


async def measure(sizes: Sizes) -> list[Figure]:
    """Every agent sends a batch as soon as the one before is acknowledged; median of the rounds."""
    async with postgresql() as server:
        return [
            *await _figures(sizes, "SQLite", lambda: ""),
            *await _figures(sizes, "PostgreSQL", server.url),
        ]


async def _figures(sizes: Sizes, name: str, database: Callable[[], str]) -> list[Figure]:
    of = f"fleet: ingest into {name},"
    middle = await _median(sizes, database, {})
    waits = f"p50 {middle['acknowledged_p50_ms']:.0f} ms, from sending to acknowledgement"
    figures = [
        Figure(
            f"{of} sustained", middle["rows_per_second"], "samples/s", ">=", REQUIRED, AIM, _note(sizes, middle)
        ),
        Figure(f"{of} acknowledged p99", middle["acknowledged_p99_ms"], "ms", "<=", 250, note=waits),
        Figure(f"{of} lost or doubled", middle["wrong"], "samples", "<=", 0),
    ]
    for kept, keeps in SAMPLED.items():
        middle = await _median(sizes, database, keeps)
        rate, wrong = middle["rows_per_second"], middle["wrong"]
        figures += [
            Figure(f"{of} {kept}, sustained", rate, "samples/s", ">=", REQUIRED, AIM, _note(sizes, middle)),
            Figure(f"{of} {kept}, lost or doubled", wrong, "samples", "<=", 0),
        ]
    return figures


def _note(sizes: Sizes, middle: dict[str, float]) -> str:
    late = f"{middle['late_rows_per_second']:,.0f} in the last quarter of {sizes.ingest_rows:,}"
    return f"{late}; {middle['cpu_micros']:.1f} us of CPU a sample, with the result"


async def _median(sizes: Sizes, database: Callable[[], str], keeps: dict[str, Any]) -> dict[str, float]:
    """Return the median of each figure, and the most samples that were ever lost or doubled."""
    rounds = [await _round(sizes.ingest_rows, database(), keeps) for _ in range(sizes.rounds)]
    middle = {figure: statistics.median(seen[figure] for seen in rounds) for figure in rounds[0]}
    return middle | {"wrong": max(seen["wrong"] for seen in rounds)}


async def _round(rows: int, database: str, keeps: dict[str, Any]) -> dict[str, float]:
    async with whole_system(agents=0, database=database) as system:
        address = system.client.address
        load = Service(
            "benchmarks.streaming_agents", system.folder, arguments=(address, str(AGENTS), str(BATCH_ROWS))
        )
        async with started(load):
            await load.line()  # ready
            before = system.controller.cpu_seconds()
            result = await system.run(
                server_url="http://127.0.0.1:9",  # nobody goes there
                concurrency=[AGENTS],
                num_prompts=rows,
                agent_count=AGENTS,
                timeline=True,
                warmup=0,
                **keeps,
            )
            spent = system.controller.cpu_seconds() - before
            load.say("end")
            seen: dict[str, float] = json.loads(await load.line())
    return {
        **seen,
        "wrong": abs(level(result).total_requests - rows),
        "cpu_micros": spent / rows * 1e6,
    }
