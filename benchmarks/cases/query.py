"""How long questions take over a database full of traces, asked one after another, and how fast it still fills.

Each question is asked of a controller that keeps no answers, then twice of one that does: the second time counts.
What is stored in bulk comes last: PostgreSQL is busy with it for minutes after.
"""

from __future__ import annotations

import tempfile
import time
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


async def measure_sqlite(sizes: Sizes) -> list[Figure]:
    """Measure over an SQLite file."""
    with tempfile.TemporaryDirectory(prefix="loadcell-bench-") as folder:
        kept = kept_place(sizes)
        file = kept if isinstance(kept, Path) else Path(folder) / "bench.db"
        filled = await _fill(file, sizes.traces)
        figures = await _ask("SQLite", f"sqlite:///{file}", filled, sizes)
        figures.append(await _store("SQLite", file, filled))
        size = sum(part.stat().st_size for part in file.parent.glob(f"{file.name}*"))
        rows = filled.traces + BULK_ROUNDS * BULK_RUNS * BULK_REQUESTS
        return [*figures, Figure("query: SQLite, size of a trace", size / rows, "bytes", "<=", BYTES)]


async def measure_postgresql(sizes: Sizes) -> list[Figure]:
    """Measure over a PostgreSQL server."""
    kept = kept_place(sizes)
    if kept is not None and not isinstance(kept, Path):
        return await _measure_server(sizes.kept, sizes)
    async with postgresql() as server:
        return await _measure_server(server.url(), sizes)


async def _measure_server(url: str, sizes: Sizes) -> list[Figure]:
    place = parse_place(url)
    filled = await _fill(place, sizes.traces)
    figures = await _ask("PostgreSQL", url, filled, sizes)
    return [*figures, await _store("PostgreSQL", place, filled)]


async def _fill(place: Place, total: int) -> Filled:
    """Fill a database if it is empty."""
    database = await open_database(place)
    try:
        return await fill(database, Filler(database), total)
    finally:
        await database.close()


async def _ask(engine: str, url: str, filled: Filled, sizes: Sizes) -> list[Figure]:
    """Measure how long each question takes."""
    figures: list[Figure] = []
    shapes: dict[str, tuple[float, float]] = {}
    cold: Times = {}
    warm: Times = {}
    for times, keep in ((cold, "0"), (warm, "3600")):
        async with (
            whole_system(agents=0, database=url, settings={"LOADCELL_CACHE_SECONDS": keep}) as system,
            connect(system.client.address) as channel,
        ):
            for shape in await Questions(channel, sizes.questions, filled.until).all():
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


async def _store(engine: str, place: Place, filled: Filled) -> Figure:
    """Measure how many traces a second a full database takes."""
    database = await open_database(place)
    try:
        filler = Filler(database)
        for number in range(BULK_ROUNDS):
            await filler.store(_more(filled.last + number * SECONDS * 1_000_000))
    finally:
        await database.close()
    rate = BULK_ROUNDS * BULK_RUNS * BULK_REQUESTS / filler.write_seconds
    case = f"query: {engine}, bulk load into {filled.traces:,} traces"
    return Figure(case, rate, "traces/s", ">=", 25_000, 50_000)


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
