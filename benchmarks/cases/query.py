"""How long questions take over a database full of traces, asked one after another, and how fast it still fills.

Each question is asked of a controller that keeps no answers, then twice of one that does: the second time counts.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.connection import connect
from benchmarks.figures import Figure
from benchmarks.nullserver import CannotMeasureError
from benchmarks.postgresql import postgresql
from benchmarks.questions import Questions, Shape
from benchmarks.recorded_runs import DAY_MICROS, DAYS, TOGETHER, Filler, Recorded, recorded
from benchmarks.sizes import Sizes
from benchmarks.system import whole_system
from controller.store.migrate import open_database
from controller.store.partitions import create_ahead
from controller.store.place import parse_place

BULK_RUNS, BULK_REQUESTS = 16, 500  # stored together into the full database, as often as ROUNDS says
BULK_ROUNDS = 20
BYTES = 700  # of a trace in SQLite, indexes and rollups included

Times = dict[str, list[float]]
"""Milliseconds by the name of the shape."""


async def measure_sqlite(sizes: Sizes) -> list[Figure]:
    """Measure over an SQLite file."""
    with tempfile.TemporaryDirectory(prefix="loadcell-bench-") as folder:
        file = Path(folder) / "bench.db"
        figures = await _measure("SQLite", f"sqlite:///{file}", sizes)
        size = sum(part.stat().st_size for part in Path(folder).iterdir())  # noqa: ASYNC240 - nothing else runs
        rows = sizes.traces + BULK_ROUNDS * BULK_RUNS * BULK_REQUESTS
        return [*figures, Figure("query: SQLite, size of a trace", size / rows, "bytes", "<=", BYTES)]


async def measure_postgresql(sizes: Sizes) -> list[Figure]:
    """Measure over a PostgreSQL server."""
    async with postgresql() as server:
        return await _measure("PostgreSQL", server.url(), sizes)


async def _measure(engine: str, url: str, sizes: Sizes) -> list[Figure]:
    until = datetime.now(UTC)
    rate = await _fill(url, sizes.traces, until)
    bulk = f"query: {engine}, bulk load into {sizes.traces:,} traces"
    figures = [Figure(bulk, rate, "traces/s", ">=", 25_000, 50_000)]
    shapes: dict[str, tuple[float, float]] = {}
    cold: Times = {}
    warm: Times = {}
    for times, keep in ((cold, "0"), (warm, "3600")):
        async with (
            whole_system(agents=0, database=url, settings={"LOADCELL_CACHE_SECONDS": keep}) as system,
            connect(system.client.address) as channel,
        ):
            for shape in await Questions(channel, sizes.questions, until).all():
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


async def _fill(url: str, total: int, until: datetime) -> float:
    """Fill a database and return how many traces a second it takes once it is full."""
    database = await open_database(parse_place(url))
    try:
        filler = Filler(database)
        end = round(until.timestamp() * 1e6)
        for day in range(DAYS, 0, -1):  # as on each of these days
            await database.write(partial(create_ahead, now_micros=end - day * DAY_MICROS))
        runs = recorded(total, end)
        done, said = 0, time.monotonic()
        while group := list(islice(runs, TOGETHER)):
            await filler.store(group)
            done += sum(run.requests for run in group)
            if time.monotonic() - said > 30:
                said = time.monotonic()
                print(f"{done:,} of {total:,} traces stored", file=sys.stderr, flush=True)
        before = filler.write_seconds
        for number in range(BULK_ROUNDS):
            await filler.store(_more(number, end))
        return BULK_ROUNDS * BULK_RUNS * BULK_REQUESTS / (filler.write_seconds - before)
    finally:
        await database.close()


def _more(number: int, until: int) -> list[Recorded]:
    """Return runs that go on at the same time, each with a batch that is stored."""
    return [
        Recorded(
            number=1_000_000 + number * BULK_RUNS + run,
            at=until - 900 * 1_000_000,
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
