"""What a scrape of the exporter costs while runs are active: how long it takes, and how many series it brings.

Agents make up their samples, so the runs take no core from controller and gateway. The gateway asks the controller
at most once a second; every scrape that counts is one for which it does.
"""

from __future__ import annotations

import asyncio
import http.client
import statistics
import time
from typing import Any

from benchmarks.figures import Figure
from benchmarks.nullserver import CannotMeasureError, free_port
from benchmarks.processes import Service, started
from benchmarks.sizes import Sizes
from benchmarks.system import System, whole_system
from loadcell.v1 import target_pb2

RUNS, LEVELS = 10, 8
_ROWS = 200  # of a batch; a level has one
_SCRAPES = 15
_APART_SECONDS = 1.2  # so that none is answered with what was fetched for the one before
# Of the API, so that its own metrics are there too.
_ASKED = (
    "/health", "/ready", "/alive", "/docs", "/openapi.json", "/api/v1/benchmark/history", "/api/v1/agents",
    "/api/v1/traces", "/api/v1/metrics", "/api/v1/models", "/api/v1/costs/summary", "/api/v1/costs/budgets",
    "/api/v1/export", "/made/up",
)  # fmt: skip


async def measure(sizes: Sizes) -> list[Figure]:
    """Time and series of a scrape with ten active runs of eight levels; the median scrape."""
    del sizes
    async with whole_system(agents=0) as system:
        exporter, api = free_port(), free_port()
        environ = {
            "LOADCELL_CONTROLLER": system.client.address,
            "LOADCELL_HTTP": f"127.0.0.1:{api}",
            "LOADCELL_EXPORTER": f"127.0.0.1:{exporter}",
        }
        arguments = (system.client.address, str(RUNS), str(_ROWS), str(LEVELS))
        load = Service("benchmarks.holding_agents", system.folder, arguments=arguments)
        async with started(Service("gateway", system.folder, environ), load):
            await load.line()  # ready
            for number in range(RUNS):
                await system.client.create_run(**_run(number))
            if await load.line() != "holding":
                raise CannotMeasureError("not every run has reached its last level")
            return await _figures(system, exporter, api)


def _run(number: int) -> dict[str, Any]:
    return {
        "server_url": "http://127.0.0.1:9",  # nobody goes there
        "model": f"model-{number}",
        "concurrency": [2**level for level in range(LEVELS)],
        "num_prompts": _ROWS,
        "agent_count": 1,
        "warmup": 0,
        "goodput_thresholds": target_pb2.GoodputThresholds(ttft_ms=1_000),
    }


async def _figures(system: System, exporter: int, api: int) -> list[Figure]:
    for path in _ASKED:
        await asyncio.to_thread(_get, api, path)
    times, text = [], ""
    spent = system.controller.cpu_seconds()
    for _ in range(_SCRAPES):
        await asyncio.sleep(_APART_SECONDS)
        begun = time.perf_counter()
        text = await asyncio.to_thread(_get, exporter, "/metrics")
        times.append((time.perf_counter() - begun) * 1e3)
    spent = (system.controller.cpu_seconds() - spent) / _SCRAPES * 1e3
    series = [line for line in text.splitlines() if line and not line.startswith("#")]
    if sum(line.startswith("loadcell_level_info{") for line in series) != RUNS * LEVELS:
        raise CannotMeasureError("not every level of every run is shown")
    of = f"start: scrape with {RUNS} runs of {LEVELS} levels"
    note = f"slowest {max(times):.0f} ms, {len(text) / 1e3:.0f} kB; {spent:.0f} ms of the controller between two"
    return [
        Figure(of, statistics.median(times), "ms", "<=", 50, note=note),
        Figure(f"{of}, series", len(series), "series", "<=", 2_000),
    ]


def _get(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()
