"""Cold start: from the start of a process to where its own health command says that it is ready.

The controller makes its database on the way, an SQLite file; gateway and agent find a controller that serves.
Compiled modules and pages of files are there, as after an installation.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self

from agent.contact import contact_file, read
from benchmarks.figures import Figure
from benchmarks.nullserver import CannotMeasureError, free_port
from benchmarks.processes import Service
from benchmarks.sizes import Sizes
from loadcell.readiness import over_grpc, over_http
from loadcell.readiness.verdict import NotReadyError
from loadcell.settings import Address

BOUNDS = {"controller": 2.0, "gateway": 1.5, "agent": 1.0}  # seconds
AGENT_ID = "bench"
_PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.005


async def measure(sizes: Sizes) -> list[Figure]:
    """Start each process several times; the median of the rounds."""
    waits: dict[str, list[float]] = {name: [] for name in BOUNDS}
    worked: dict[str, list[float]] = {name: [] for name in BOUNDS}
    for _ in range(sizes.rounds):
        async with Places() as places:
            for name in BOUNDS:
                began = time.monotonic()
                await places.start(name)
                waits[name].append(time.monotonic() - began)
                worked[name].append(places.services[name].cpu_seconds())
    return [
        Figure(
            f"start: {name} to ready",
            statistics.median(waits[name]),
            "s",
            "<=",
            bound,
            note=f"{statistics.median(worked[name]):.2f} s of CPU",
        )
        for name, bound in BOUNDS.items()
    ]


class Places:
    """One controller, one gateway and one agent on free ports, each started when asked for."""

    def __init__(self, *, workers: int = 1) -> None:
        self._workers = workers
        self._folder = tempfile.TemporaryDirectory(prefix="loadcell-bench-")
        self.services: dict[str, Service] = {}

    async def __aenter__(self) -> Self:
        folder = Path(self._folder.name)
        self._grpc, self._http = (Address("127.0.0.1", free_port()) for _ in range(2))
        shared = {"LOADCELL_CONTROLLER": str(self._grpc), "LOADCELL_DATA_DIR": str(folder)}
        own = {
            "controller": {"LOADCELL_GRPC": str(self._grpc)},
            "gateway": {"LOADCELL_HTTP": str(self._http), "LOADCELL_EXPORTER": f"127.0.0.1:{free_port()}"},
            "agent": {"LOADCELL_AGENT_ID": AGENT_ID, "LOADCELL_WORKERS": str(self._workers)},
        }
        self.services = {name: Service(name, folder, {**shared, **more}) for name, more in own.items()}
        self._file = contact_file(folder, AGENT_ID)
        return self

    async def __aexit__(self, *_error: object) -> None:
        for service in reversed(self.services.values()):
            await service.stop()
        self._folder.cleanup()

    async def start(self, name: str) -> None:
        """Start a process and wait until it is ready."""
        asked: dict[str, Callable[[], Awaitable[bool]]] = {
            "controller": self._controller,
            "gateway": self._gateway,
            "agent": self._agent,
        }
        await self.services[name].start()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not await asked[name]():
            self.services[name].check()
            if time.monotonic() > deadline:
                raise CannotMeasureError(f"the {name} was not ready within {_PATIENCE_SECONDS:g} s")
            await asyncio.sleep(_POLL_SECONDS)

    async def _controller(self) -> bool:
        return await _answers(lambda: over_grpc.ask("", self._grpc, None))

    async def _gateway(self) -> bool:
        return await _answers(lambda: over_http.ask("", self._http, None, service="loadcell-gateway", meaning=""))

    async def _agent(self) -> bool:
        return read(self._file) is not None


async def _answers(ask: Callable[[], str]) -> bool:
    try:
        await asyncio.to_thread(ask)
    except NotReadyError:
        return False
    return True
