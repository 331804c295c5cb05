"""What 1,000 agents that do nothing cost the controller: CPU, memory, and how late it answers their heartbeats."""

from __future__ import annotations

import asyncio
import json
import statistics
import time

from benchmarks.figures import Figure
from benchmarks.processes import Service, started
from benchmarks.sizes import Sizes
from benchmarks.system import whole_system

SETTLE_SECONDS = 2.0  # after the last registration


async def measure(sizes: Sizes) -> list[Figure]:
    """One controller at the default heartbeat interval; median of the rounds, missed and lost of all of them."""
    rounds = [await _round(sizes.fleet_agents, sizes.idle_seconds) for _ in range(sizes.rounds)]
    middle = {name: statistics.median(seen[name] for seen in rounds) for name in rounds[0]}
    of = f"fleet: {sizes.fleet_agents:,} idle agents,"
    late = ", ".join(f"{name} {middle[f'lateness_{name}_ms']:.1f} ms" for name in ("p50", "p99", "max"))
    return [
        Figure(f"{of} CPU of the controller", middle["cpu_percent"], "% of a core", "<=", 25),
        Figure(f"{of} memory of the controller", middle["memory_mb"], "MB", "<=", 500),
        Figure(
            f"{of} heartbeats missed",
            sum(seen["missed"] for seen in rounds),
            "",
            "<=",
            0,
            note=f"of {sum(seen['sent'] for seen in rounds):,.0f}; answered after {late}",
        ),
        Figure(f"{of} sessions lost", sum(seen["sessions_lost"] for seen in rounds), "", "<=", 0),
    ]


async def _round(agents: int, seconds: int) -> dict[str, float]:
    async with whole_system(agents=0) as system:
        load = Service(
            "benchmarks.idle_agents", system.folder, arguments=(system.client.address, str(agents), str(seconds))
        )
        async with started(load):
            await load.line()  # ready
            await asyncio.sleep(SETTLE_SECONDS)
            before, begun = system.controller.cpu_seconds(), time.monotonic()
            load.say("go")
            seen: dict[str, float] = json.loads(await load.line())
            spent, lasted = system.controller.cpu_seconds() - before, time.monotonic() - begun
            system.controller.check()
            memory = system.controller.process.memory_info().rss / 1e6
    return {**seen, "cpu_percent": spent / lasted * 100, "memory_mb": memory}
