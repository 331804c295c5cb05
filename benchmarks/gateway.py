"""A gateway before a controller that has a database full of traces, on the cores that also ask."""

from __future__ import annotations

import asyncio
import http.client
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from benchmarks.filling import Filled, fill, kept_place
from benchmarks.nullserver import CannotMeasureError, free_port
from benchmarks.processes import Service, started
from benchmarks.recorded_runs import Filler
from benchmarks.sizes import Sizes
from benchmarks.system import System, whole_system
from controller.dispatch.results import compute_result
from controller.scope import Scope
from controller.store.database import Connection
from controller.store.migrate import open_database
from controller.store.run_history import RunFilter, list_runs
from controller.store.runs import set_result

READY_SECONDS = 60.0
_RESULTS = 50  # runs whose results pages show


class Asked(NamedTuple):
    """A request: GET without a body, which is JSON, else POST."""

    path: str
    body: bytes = b""


class _Answer(NamedTuple):
    milliseconds: float
    tag: str
    body: bytes


@dataclass
class Gateway:
    """A running gateway. The runs in its database ended by `until`; they have `traces` requests."""

    system: System
    service: Service
    port: int
    until: datetime
    traces: int

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    async def get(self, path: str) -> Any:
        """Return the document at a path."""
        [answer] = await asyncio.to_thread(_all, self.port, [Asked(path)])
        return orjson.loads(answer.body)

    async def tag(self, path: str) -> str:
        """Return the tag of what is at a path."""
        [answer] = await asyncio.to_thread(_all, self.port, [Asked(path)])
        return answer.tag

    async def times(self, asked: Iterable[Asked]) -> list[float]:
        """Ask one after another over one connection; milliseconds each took."""
        return [answer.milliseconds for answer in await asyncio.to_thread(_all, self.port, asked)]


@asynccontextmanager
async def gateway(sizes: Sizes, controller: Mapping[str, str] = MappingProxyType({})) -> AsyncIterator[Gateway]:
    """Fill a database unless it was kept, and start a controller with some settings and a gateway."""
    with tempfile.TemporaryDirectory(prefix="loadcell-bench-") as name:
        place = kept_place(sizes)
        file = place if isinstance(place, Path) else Path(name) / "bench.db"
        filled = await _fill(file, sizes.gateway_traces)
        database, port = f"sqlite:///{file}", free_port()
        async with whole_system(agents=0, database=database, settings=controller) as system:
            service = Service(
                "gateway",
                Path(name),
                {
                    "LOADCELL_CONTROLLER": system.client.address,
                    "LOADCELL_HTTP": f"127.0.0.1:{port}",
                    "LOADCELL_EXPORTER": f"127.0.0.1:{free_port()}",
                },
            )
            async with started(service):
                running = Gateway(system, service, port, filled.until, filled.traces)
                await _ready(running)
                yield running


async def _fill(file: Path, total: int) -> Filled:
    database = await open_database(file)
    try:
        filled = await fill(database, Filler(database), total)
        await database.write(_keep_results)
        return filled
    finally:
        await database.close()


def _keep_results(connection: Connection) -> None:
    """Give the newest runs the documents that runs end with."""
    for run in list_runs(connection, RunFilter(Scope.everything()), limit=_RESULTS):
        set_result(connection, run.run_key, compute_result(connection, run))


async def _ready(running: Gateway) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        running.service.check()
        try:
            await running.get("/ready")
        except (OSError, CannotMeasureError):
            await asyncio.sleep(0.1)
        else:
            return
    raise CannotMeasureError(f"the gateway was not ready after {READY_SECONDS:g} s")


def _all(port: int, requests: Iterable[Asked]) -> list[_Answer]:
    """Send requests one after another over one connection."""
    answers = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        for path, body in requests:
            headers = {"Content-Type": "application/json"} if body else {}
            begun = time.perf_counter()
            connection.request("POST" if body else "GET", path, body or None, headers)
            answer = connection.getresponse()
            text = answer.read()
            taken = (time.perf_counter() - begun) * 1e3
            if answer.status != 200:
                raise CannotMeasureError(f"{path}: {answer.status} {text[:200].decode(errors='replace')}")
            answers.append(_Answer(taken, answer.headers.get("ETag", ""), text))
    finally:
        connection.close()
    return answers
