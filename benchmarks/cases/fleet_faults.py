"""What a run measures while the controller is dead, its database restarts, or the network is cut.

Every planned request must have one row, and the times measured inside the fault must be as true as those outside:
the null server knows both.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import Figure
from benchmarks.nullserver import CannotMeasureError, free_port, null_server
from benchmarks.postgresql import postgresql
from benchmarks.proxy import Network, network
from benchmarks.rows import Rows, read_rows
from benchmarks.sizes import Sizes
from benchmarks.system import System, whole_system
from loadcell.v1 import run_pb2

RATE, TTFT_MICROS, ITL_MICROS, TOKENS = 200, 100_000, 20_000, 5
BEFORE_SECONDS, AFTER_SECONDS = 5, 10
DEAD_SECONDS, CUT_SECONDS = 5, 30
START_SECONDS = 60  # at most, from the call to the first request

ALLOWED = {50: 1, 99: 5}  # percent that a percentile may be further off the truth inside a fault than outside

Ints = NDArray[np.int64]
Fault = Callable[[System, Network], Awaitable[None]]


async def measure(sizes: Sizes) -> list[Figure]:  # noqa: ARG001 - a fault lasts as long as it lasts
    """One round of each fault: counts are exact, and the times are those of a thousand requests and more."""
    async with postgresql() as server:

        async def restart(_system: System, _network: Network) -> None:
            await asyncio.to_thread(server.stop)
            await asyncio.sleep(DEAD_SECONDS)
            await asyncio.to_thread(server.start)

        restarted = await _figures("PostgreSQL stopped for 5 s", 2, DEAD_SECONDS, restart, server.url())
    return [
        *restarted,
        *await _figures("controller killed for 5 s", 2, DEAD_SECONDS, _kill_controller),
        # A share nobody else can take over is not taken away, so its agent goes on for as long as it must.
        *await _figures("network cut for 30 s", 1, CUT_SECONDS, _cut_network),
    ]


async def _kill_controller(system: System, _network: Network) -> None:
    await system.controller.kill()
    await asyncio.sleep(DEAD_SECONDS)
    await system.controller.start()


async def _cut_network(_system: System, between: Network) -> None:
    between.cut()
    await asyncio.sleep(CUT_SECONDS)
    between.mend()


async def _figures(name: str, agents: int, seconds: int, fault: Fault, database: str = "") -> list[Figure]:
    planned = RATE * (BEFORE_SECONDS + seconds + AFTER_SECONDS)
    of = f"fleet: {name},"
    try:
        async with null_server(ttft_us=TTFT_MICROS, itl_us=ITL_MICROS, tokens=TOKENS) as server:
            rows, begun, ended = await _round(server.url, agents, planned, fault, database)
    except CannotMeasureError as problem:
        return [Figure(f"{of} samples lost or doubled", None, "", "<=", 0, note=str(problem))]
    lost, doubled, outcomes = rows.books(planned)
    # What arrived before is the probe. Both are in the order of sending, so their rows belong together.
    arrived, truth = server.requests[-len(rows.ordinal) :, 0], server.requests[-len(rows.ordinal) :, 1]
    inside = (arrived >= begun) & (arrived <= ended)
    return [
        Figure(
            f"{of} samples lost or doubled",
            lost + doubled,
            "",
            "<=",
            0,
            note=", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.items()),
        ),
        *(
            _worse(f"{of} TTFT p{percent} off the truth, more than outside", rows, truth, inside, percent)
            for percent in ALLOWED
        ),
    ]


def _worse(case: str, rows: Rows, truth: Ints, inside: NDArray[np.bool_], percent: int) -> Figure:
    """Compare the error inside the fault with that outside: a busy machine errs in both."""
    during = _off(rows.ttft_micros[inside], truth[inside], percent)
    otherwise = _off(rows.ttft_micros[~inside], truth[~inside], percent)
    note = f"{during:.2f} % inside, {otherwise:.2f} % outside"
    return Figure(case, during - otherwise, "%", "<=", ALLOWED[percent], note=note)


def _off(measured: Ints, truth: Ints, percent: int) -> float:
    known = float(np.percentile(truth, percent))
    return abs(float(np.percentile(measured, percent)) - known) / known * 100


async def _round(url: str, agents: int, planned: int, fault: Fault, database: str) -> tuple[Rows, float, float]:
    """Return the rows of the run, and when the fault began and ended on the monotonic clock, microseconds."""
    port, dialled = free_port(), free_port()
    started = asyncio.Event()

    def on_update(update: run_pb2.WatchRunResponse) -> None:
        if update.levels:
            started.set()

    async with (
        network(dialled, port) as between,
        whole_system(agents=agents, database=database, port=port, dial=f"127.0.0.1:{dialled}") as system,
    ):
        running = asyncio.create_task(
            system.run(
                on_update=on_update,
                server_url=url,
                rate=[RATE],
                arrival="constant",
                num_prompts=planned,
                output_len=TOKENS,
                agent_count=agents,
                warmup=0,
            )
        )
        await asyncio.wait_for(started.wait(), START_SECONDS)
        await asyncio.sleep(BEFORE_SECONDS)
        begun = time.monotonic() * 1e6
        await fault(system, between)
        ended = time.monotonic() * 1e6
        return await read_rows(system, await running), begun, ended
