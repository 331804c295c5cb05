"""8 agents that make one load of 800/s: is it the rate that was asked for, and the arrivals of a single agent.

A constant process has one gap, and around it any two measurements differ by the noise of the machine's scheduler;
so for it the test compares the gaps between the times at which the agents were to send. A Poisson process, with
the same seed for both, is compared as it arrived at the server.
"""

from __future__ import annotations

import statistics
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import Figure
from benchmarks.kolmogorov_smirnov import critical_distance, distance
from benchmarks.nullserver import null_server
from benchmarks.rows import read_rows
from benchmarks.sizes import Sizes
from benchmarks.system import level, whole_system

AGENTS, RATE = 8, 800
LEVEL = 0.01  # probability of calling two equal distributions different
Gaps = NDArray[np.int64]


async def measure(sizes: Sizes) -> list[Figure]:
    """Median deviation of the rate, and median distance of the distributions, of the rounds."""
    constant = [await _compare("constant", sizes) for _ in range(sizes.rounds)]
    poisson = [await _compare("poisson", sizes) for _ in range(sizes.rounds)]
    of = f"fleet: {AGENTS} agents,"
    return [
        Figure(f"{of} achieved rate off {RATE}/s", statistics.median(r[0] for r in constant), "%", "<=", 0.5),
        _distance(f"{of} constant: KS distance of planned gaps from 1 agent's", constant),
        _distance(f"{of} Poisson: KS distance of gaps at the server from 1 agent's", poisson),
    ]


def _distance(case: str, rounds: list[tuple[float, float, int, int]]) -> Figure:
    _, far, first, second = sorted(rounds, key=lambda r: r[1])[len(rounds) // 2]
    note = f"critical at {LEVEL:g}: sqrt(-ln({LEVEL:g}/2)/2) sqrt((n+m)/(n m)), n={first:,}, m={second:,}"
    critical = round(critical_distance(first, second, level=LEVEL), 4)
    return Figure(case, far, "", "<=", critical, note=note)


async def _compare(arrival: Literal["constant", "poisson"], sizes: Sizes) -> tuple[float, float, int, int]:
    """Return the deviation of the rate in percent, the distance, and the sizes of the two samples."""
    rate, many = await _gaps(arrival, AGENTS, sizes.fleet_seconds)
    _, one = await _gaps(arrival, 1, sizes.fleet_seconds)
    return abs(rate - RATE) / RATE * 100, distance(many, one), len(many), len(one)


async def _gaps(arrival: Literal["constant", "poisson"], agents: int, seconds: int) -> tuple[float, Gaps]:
    async with whole_system(agents=agents) as system, null_server(ttft_us=1_000, itl_us=0, tokens=1) as server:
        result = await system.run(
            server_url=server.url,
            rate=[RATE],
            arrival=arrival,
            duration_seconds=seconds,
            output_len=1,
            agent_count=agents,
            warmup=0,
            seed=1,
        )
        rows = await read_rows(system, result)
    measured = level(result)
    if arrival == "constant":
        times = np.sort(rows.scheduled_micros)
    else:
        times = server.requests[-measured.total_requests :, 0]  # what arrived before is the probe
    return measured.achieved_rate, times[1:] - times[:-1]
