"""An open loop whose fourth agent is killed: what becomes of its share, and for how long nobody carries it."""

from __future__ import annotations

import asyncio
import statistics
from collections import Counter

import numpy as np

from benchmarks.figures import Figure
from benchmarks.nullserver import null_server
from benchmarks.rows import Rows, read_rows
from benchmarks.sizes import Sizes
from benchmarks.system import whole_system
from loadcell.v1 import run_pb2

AGENTS, RATE = 4, 400
KILLED = "bench-3"
BEFORE_SECONDS = 5
LEASE_SECONDS = 10  # the default of LOADCELL_LEASE_SECONDS
START_SECONDS = 60  # at most, from the call to the first request


async def measure(sizes: Sizes) -> list[Figure]:
    """The worst books and the median pause of the rounds.

    The pause is the longest time between two requests of the killed agent's share, whoever sent them. Those it
    sent in its last moment and could not deliver do not count as sent, so the real pause is a little shorter.
    """
    planned = RATE * sizes.loss_seconds
    rounds = [await _round(planned) for _ in range(sizes.rounds)]
    wrong = [lost + doubled for lost, doubled, _ in (rows.books(planned) for rows in rounds)]
    outcomes: Counter[str] = rounds[-1].books(planned)[2]
    of = f"fleet: 1 of {AGENTS} agents killed,"
    note = f"{planned:,} = " + " + ".join(f"{count:,} {outcome}" for outcome, count in outcomes.items())
    return [
        Figure(f"{of} planned requests without exactly one outcome", max(wrong), "", "<=", 0, note=note),
        Figure(
            f"{of} pause of its share",
            statistics.median(_pause_seconds(rows, sizes.loss_seconds) for rows in rounds),
            "s",
            "<=",
            LEASE_SECONDS + 1,
            note="lease + 1 s",
        ),
    ]


def _pause_seconds(rows: Rows, length_seconds: int) -> float:
    """Return the longest time in which nothing was sent of the share that was lost."""
    sent = np.array([status != "censored" for status in rows.status])
    share = rows.ordinal[np.array([agent_id == KILLED for agent_id in rows.agent_id]) & sent][0] % AGENTS
    times = rows.start_micros[sent & (rows.ordinal % AGENTS == share)]
    edges = np.concatenate(([0], np.sort(times), [length_seconds * 1e6]))
    return float((edges[1:] - edges[:-1]).max()) / 1e6


async def _round(planned: int) -> Rows:
    started = asyncio.Event()

    def on_update(update: run_pb2.WatchRunResponse) -> None:
        if update.levels:
            started.set()

    async with null_server(ttft_us=50_000, itl_us=0, tokens=1) as server, whole_system(agents=AGENTS) as system:
        running = asyncio.create_task(
            system.run(
                on_update=on_update,
                server_url=server.url,
                rate=[RATE],
                arrival="constant",
                num_prompts=planned,
                output_len=1,
                agent_count=AGENTS,
                warmup=0,
            )
        )
        await asyncio.wait_for(started.wait(), START_SECONDS)
        await asyncio.sleep(BEFORE_SECONDS)
        (killed,) = [agent for agent in system.agents if agent.name == KILLED.replace("bench", "agent")]
        await killed.kill()
        return await read_rows(system, await running)
