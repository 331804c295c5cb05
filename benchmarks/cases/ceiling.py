"""Requests per second beside wrk, which is as fast as one core can be asked to be; one token a response."""

from __future__ import annotations

import statistics
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.nullserver import null_server
from benchmarks.sizes import Sizes
from benchmarks.system import level, whole_system
from benchmarks.wrk import wrk

SCRIPT = Path(__file__).parents[1] / "wrk_post.lua"


async def measure(sizes: Sizes) -> list[Figure]:
    """Alternate between ours and wrk; the median of the ratios counts."""
    ratios = []
    async with null_server(ttft_us=0, itl_us=0, tokens=1) as server, whole_system() as system:
        for _ in range(sizes.rounds):
            result = await system.run(
                server_url=server.url,
                concurrency=[64],
                num_prompts=sizes.requests,
                input_len=50,
                output_len=1,
            )
            measured = level(result)
            ours = measured.total_requests / measured.duration_seconds
            theirs = await wrk(f"{server.url}/v1/chat/completions", connections=64, script=SCRIPT)
            ratios.append(ours / theirs.rate)
    return [Figure("ceiling: 1 token, ratio to wrk", statistics.median(ratios), "x", ">=", 0.2, 0.35)]
