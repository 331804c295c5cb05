"""Requests per second beside the client that a user would write in an afternoon, 50 tokens a response."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.nullserver import CannotMeasureError, null_server
from benchmarks.sizes import Sizes
from benchmarks.system import System, level, whole_system

CONCURRENCY, TOKENS = 64, 50
BASELINE = Path(__file__).parents[1] / "baseline_aiohttp.py"


async def measure(sizes: Sizes) -> list[Figure]:
    """Alternate between ours and the baseline; the median ratio and the worst count of stored rows are judged."""
    ratios, wrong = [], []
    async with null_server(ttft_us=0, itl_us=0, tokens=TOKENS) as server, whole_system() as system:
        for _ in range(sizes.rounds):
            rate, rows = await _ours(system, server.url, sizes.requests)
            ratios.append(rate / await _baseline(server.url, sizes.requests))
            wrong.append(abs(rows - sizes.requests))
    return [
        Figure("throughput: 50 tokens, ratio to aiohttp", statistics.median(ratios), "x", ">=", 1.5, 2),
        Figure("throughput: samples lost or doubled", max(wrong), "rows", "<=", 0),
    ]


async def _ours(system: System, url: str, requests: int) -> tuple[float, int]:
    result = await system.run(
        server_url=url,
        concurrency=[CONCURRENCY],
        num_prompts=requests,
        input_len=50,
        output_len=TOKENS,
        warmup=0,
    )
    measured = level(result)
    return measured.total_requests / measured.duration_seconds, await system.stored_rows(result)


async def _baseline(url: str, requests: int) -> float:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        BASELINE,
        url,
        *map(str, (CONCURRENCY, TOKENS, requests)),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise CannotMeasureError(f"the baseline ended with {process.returncode}")
    return float(json.loads(said)["requests_per_second"])
