"""Many who watch one run through a gateway: how late they hear of it, and what the controller notices of them.

Gateway, controller, agent, server and watchers share the cores. In every round the controller is measured with one
watcher first and with all of them after.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.nullserver import CannotMeasureError, free_port, null_server
from benchmarks.processes import Service, started
from benchmarks.sizes import Sizes
from benchmarks.system import System, whole_system

RATE = 100  # requests a second of the run that is watched
_MARGIN_SECONDS = 600  # the run is cancelled when enough was heard


async def measure(sizes: Sizes) -> list[Figure]:
    """Lateness of messages, and the load of the controller beside that with one watcher; the median round."""
    async with null_server(ttft_us=1_000, itl_us=0, tokens=1) as server, whole_system() as system:
        with tempfile.TemporaryDirectory(prefix="loadcell-bench-") as name:
            port = free_port()
            environ = {
                "LOADCELL_CONTROLLER": system.client.address,
                "LOADCELL_HTTP": f"127.0.0.1:{port}",
                "LOADCELL_EXPORTER": f"127.0.0.1:{free_port()}",
                "LOADCELL_LIVE_CONNECTIONS": str(sizes.gateway_watchers + 1),
                "LOADCELL_LIVE_CONNECTIONS_EACH": str(sizes.gateway_watchers + 1),
            }
            gateway = Service("gateway", Path(name), environ)
            async with started(gateway):
                return await _figures(sizes, system, gateway, server.url, f"127.0.0.1:{port}")


async def _figures(sizes: Sizes, system: System, gateway: Service, target: str, address: str) -> list[Figure]:
    run = await system.client.create_run(
        server_url=target,
        model="null",
        rate=[RATE],
        duration_seconds=_MARGIN_SECONDS + 4 * sizes.gateway_seconds * sizes.rounds,
        output_len=1,
    )
    async for update in system.client.watch(run):
        if update.levels and update.levels[-1].completed:
            break
    shares, heard = [], []
    for _ in range(sizes.rounds):
        alone = await _watched(sizes, system, gateway, (address, run.run_id, "1"))
        full = await _watched(sizes, system, gateway, (address, run.run_id, str(sizes.gateway_watchers)))
        shares.append(full["controller"] / alone["controller"])
        heard.append(full)
    await system.client.cancel_run(run)
    p99 = statistics.median(one["p99"] for one in heard)
    messages = statistics.median(one["messages"] for one in heard) / sizes.gateway_seconds
    gateway_share = statistics.median(one["gateway"] for one in heard)
    note = f"{messages:,.0f} messages/s, gateway {gateway_share:.0%} of a core, {heard[-1]['lagged']} notices"
    many = f"{sizes.gateway_watchers:,} watchers of a run"
    return [
        Figure(f"gateway: {many}, p99 of messages", p99, "ms", "<=", 100, note=note),
        Figure(f"gateway: {many}, controller's CPU", statistics.median(shares), "x", "<=", 1.1),
    ]


async def _watched(
    sizes: Sizes, system: System, gateway: Service, arguments: tuple[str, str, str]
) -> dict[str, Any]:
    watchers = Service(
        "benchmarks.watchers", gateway.folder, arguments=arguments, name=f"watchers-{arguments[-1]}"
    )
    async with started(watchers):
        if await watchers.line() != "ready":
            raise CannotMeasureError("the watchers were not ready")
        before = system.controller.cpu_seconds(), gateway.cpu_seconds()
        watchers.say(str(sizes.gateway_seconds))
        heard: dict[str, Any] = json.loads(await watchers.line())
        spent = system.controller.cpu_seconds() - before[0], gateway.cpu_seconds() - before[1]
    if not heard["messages"]:
        raise CannotMeasureError("the watchers heard nothing")
    return heard | {
        "controller": spent[0] / sizes.gateway_seconds,
        "gateway": spent[1] / sizes.gateway_seconds,
    }
