"""Memory of processes that have nothing to do.

Of controller, gateway and the agent's main process all resident bytes (RSS), which counts the interpreter and
libraries in each of them; of a worker what it has for itself alone (USS), which is what one more of them takes.
The agent is looked at when the others have ended: they would share its libraries.
"""

from __future__ import annotations

import asyncio

import psutil

from benchmarks.cases.start_cold import Places
from benchmarks.figures import Figure
from benchmarks.sizes import Sizes

BOUNDS = {"controller": 120.0, "gateway": 100.0, "agent": 60.0}  # MB
WORKER_BOUND = 40.0  # MB
SETTLE_SECONDS = 10.0  # a few rounds of heartbeats and of what is done from time to time


async def measure(sizes: Sizes) -> list[Figure]:  # noqa: ARG001 - one look is enough: it is the same every time
    """Start one of each, let them be, and look."""
    figures = []
    async with Places() as places:
        for name in BOUNDS:
            await places.start(name)
        await asyncio.sleep(SETTLE_SECONDS)
        for name in ("gateway", "controller"):
            figures.append(_resident(name, places.services[name].process))
            await places.services[name].stop()
        agent = places.services["agent"].process
        (worker,) = agent.children()
        memory = worker.memory_full_info()
        note = f"USS; {memory.rss / 1e6:.0f} MB resident"
        more = Figure("idle memory: each worker", memory.uss / 1e6, "MB", "<=", WORKER_BOUND, note=note)
        return [*figures, _resident("agent", agent), more]


def _resident(name: str, process: psutil.Process) -> Figure:
    memory = process.memory_full_info()
    note = f"RSS; {memory.uss / 1e6:.0f} MB its own"
    return Figure(f"idle memory: {name}", memory.rss / 1e6, "MB", "<=", BOUNDS[name], note=note)
