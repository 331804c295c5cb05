"""An open loop of 2,000 requests a second: is the asked rate made, and is every request sent when it was due."""

from __future__ import annotations

import statistics

from benchmarks.figures import Figure
from benchmarks.nullserver import null_server
from benchmarks.sizes import Sizes
from benchmarks.system import level, whole_system

RATE = 2_000


async def measure(sizes: Sizes) -> list[Figure]:
    """Deviation of the achieved rate and 99th percentile of the schedule delay, median round."""
    off, delays = [], []
    async with null_server(ttft_us=1_000, itl_us=0, tokens=1) as server, whole_system() as system:
        for _ in range(sizes.rounds):
            result = await system.run(
                server_url=server.url,
                rate=[RATE],
                arrival="constant",
                duration_seconds=sizes.seconds,
                output_len=1,
            )
            measured = level(result)
            off.append(abs(measured.achieved_rate - RATE) / RATE * 100)
            delays.append(measured.schedule_delay.p99)
    return [
        Figure("pacing: achieved rate off 2,000/s", statistics.median(off), "%", "<=", 0.5),
        Figure("pacing: schedule delay p99", statistics.median(delays), "ms", "<=", 2, 1),
    ]
