"""How long questions take over a database full of traces, asked one after another, and how fast it still fills.

Each question is asked of a controller that keeps no answers, then twice of one that does: the second time counts.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.connection import connect
from benchmarks.figures import Figure
from benchmarks.filling import Filled, fill, kept_place
from benchmarks.nullserver import CannotMeasureError
from benchmarks.postgresql import postgresql
from benchmarks.questions import Questions, Shape
from benchmarks.recorded_runs import SECONDS, Filler, Recorded
from benchmarks.sizes import Sizes
from benchmarks.system import whole_system
from controller.store.migrate import open_database
from controller.store.place import Place, parse_place

BULK_RUNS, BULK_REQUESTS = 16, 500  # stored together into the full database, each time after what it has
BULK_ROUNDS = 20
BYTES = 700  # of a trace in SQLite, indexes and rollups included

Times = dict[str, list[float]]
"""Milliseconds by the name of the shape."""


@dataclass(frozen=True)
class _Full:
    """A full database: what it had at first, and how many traces it takes in a second."""

    filled: Filled
    rate: float


async def measure_sqlite(sizes: Sizes) -> list[Figure]:
    """Measure over an SQLite file."""
    with tempfile.TemporaryDirectory(prefix="loadcell-bench-") as folder:
        kept = kept_place(sizes)
        file = kept if isinstance(kept, Path) else Path(folder) / "bench.db"
        full = await _fill(file, sizes.traces)
        figures = await _measure("SQLite", f"sqlite:///{file}", full, sizes)
        size = sum(part.stat().st_size for part in file.parent.glob(f"{file.name}*"))
        rows = full.filled.traces + BULK_ROUNDS * BULK_RUNS * BULK_REQUESTS
        return [*figures, Figure("query: SQLite, size of a trace", size / rows, "bytes", "<=", BYTES)]


async def measure_postgresql(sizes: Sizes) -> list[Figure]:
    """Measure over a PostgreSQL server."""
    kept = kept_place(sizes)
    if kept is not None and not isinstance(kept, Path):
        return await _measure("PostgreSQL", sizes.kept, await _fill(kept, sizes.traces), sizes)
    async with postgresql() as server:
        url = server.url()
        return await _measure("PostgreSQL", url, await _fill(parse_place(url), sizes.traces), sizes)


async def _measure(engine: str, url: str, full: _Full, sizes: Sizes) -> list[Figure]:
    bulk = f"query: {engine}, bulk load into {full.filled.traces:,} traces"
    figures = [Figure(bulk, full.rate, "traces/s", ">=", 25_000, 50_000)]
    shapes: dict[str, tuple[float, float]] = {}
    cold: Times = {}
    warm: Times = {}
    for times, keep in ((cold, "0"), (warm, "3600")):
        async with (
            whole_system(agents=0, database=url, settings={"LOADCELL_CACHE_SECONDS": keep}) as system,
            connect(system.client.address) as channel,
        ):
            for shape in await Questions(channel, sizes.questions, full.filled.until).all():
                shapes[shape.name] = (shape.p50, shape.p95)
                if times is warm:
                    await _times(shape)
                times[shape.name] = await _times(shape, cached=times is warm)
    for name, (p50, p95) in shapes.items():
        figures += _figures(f"query: {engine}, {name}", cold[name], p50, p95)
    cached = [time for name in shapes for time in warm[name]]
    return [*figures, *_figures(f"query: {engine}, any cached", cached, 1, 3)]


async def _times(shape: Shape, *, cached: bool | None = None) -> list[float]:
    """Ask every question of a shape and return how long each took, in milliseconds."""
    times = []
    for request in shape.requests:
        started = time.perf_counter()
        answer = await shape.ask(request)
        times.append((time.perf_counter() - started) * 1e3)
        if cached is not None and answer.meta.cached != cached:
            raise CannotMeasureError(f"{shape.name}: cached is {answer.meta.cached}")
    return times


def _figures(of: str, times: list[float], p50: float, p95: float) -> list[Figure]:
    middle, high, highest = (float(value) for value in np.percentile(times, [50, 95, 99]))
    note = f"p99 {highest:.3g} ms of {len(times):,}"
    return [Figure(f"{of}, p50", middle, "ms", "<=", p50), Figure(f"{of}, p95", high, "ms", "<=", p95, note=note)]


async def _fill(place: Place, total: int) -> _Full:
    """Fill a database that is empty, and measure how many traces a second it takes once it is full."""
    database = await open_database(place)
    try:
        filler = Filler(database)
        filled = await fill(database, filler, total)
        before = filler.write_seconds
        for number in range(BULK_ROUNDS):
            await filler.store(_more(filled.last + number * SECONDS * 1_000_000))
        return _Full(filled, BULK_ROUNDS * BULK_RUNS * BULK_REQUESTS / (filler.write_seconds - before))
    finally:
        await database.close()


def _more(at: int) -> list[Recorded]:
    """Return new runs that begin at the same time, each with a batch that is stored."""
    first = time.time_ns()
    return [
        Recorded(
            number=first + run,
            at=at,
            model="bulk",
            project=f"bulk-{run}",
            provider="custom",
            user="bulk",
            environment="production",
            tags=[],
            requests=BULK_REQUESTS,
        )
        for run in range(BULK_RUNS)
    ]
