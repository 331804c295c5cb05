"""Memory of the agent over a long run: after its first tenth it must not grow with the number of requests."""

from __future__ import annotations

import statistics

from benchmarks.figures import Figure
from benchmarks.nullserver import CannotMeasureError, null_server
from benchmarks.sizes import Sizes
from benchmarks.system import level, whole_system
from loadcell.v1 import run_pb2

# Eight bytes a request, the least a leak could be, would be 7 MiB over the other 900,000.
ALLOWED_MIB = 5.0


async def measure(sizes: Sizes) -> list[Figure]:
    """Compare resident memory in the second tenth of the run with that in the last tenth; one round."""
    total = sizes.memory_requests
    seen: list[tuple[float, int]] = []
    async with null_server(ttft_us=0, itl_us=0, tokens=1) as server, whole_system() as system:

        def sample(update: run_pb2.WatchRunResponse) -> None:
            if update.levels:
                seen.append((update.levels[-1].completed / total, system.agent_memory()))

        result = await system.run(
            server_url=server.url,
            concurrency=[64],
            num_prompts=total,
            output_len=1,
            on_update=sample,
        )
    level(result)
    early = [memory for done, memory in seen if 0.1 <= done < 0.2]
    late = [memory for done, memory in seen if 0.9 <= done < 1.0]
    if not early or not late:
        raise CannotMeasureError("the run was too short to compare its beginning with its end")
    first, last = statistics.median(early) / 2**20, statistics.median(late) / 2**20
    note = f"{first:.0f} MiB at {total // 10:,} requests, {last:.0f} MiB at {total:,}"
    return [Figure("memory: growth of the agent", last - first, "MiB", "<=", ALLOWED_MIB, note=note)]
