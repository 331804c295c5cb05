"""What a call costs: of nothing, of nothing within what goes around every call, of a kept answer, of one trace.

All kinds take turns, so that what else the machine does befalls them alike.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import grpc
import numpy as np
from google.protobuf.empty_pb2 import Empty

from benchmarks.connection import connect
from benchmarks.empty_server import API_KEY, METHOD
from benchmarks.figures import Figure
from benchmarks.processes import Service, started
from benchmarks.recorded_runs import DAYS, MODELS, RUNS_A_DAY, TOGETHER, Filler, recorded
from benchmarks.sizes import Sizes
from benchmarks.system import whole_system
from controller.store.migrate import open_database
from controller.store.place import parse_place
from loadcell.channel import API_KEY_METADATA
from loadcell.v1 import trace_pb2, trace_pb2_grpc

CALLS, WARM_UP = 1_000, 100  # of each kind in a round
TRACES = 10  # of a run in the small database
_METADATA = ((API_KEY_METADATA, API_KEY), ("x-request-id", "0c7f0a6e-3f53-4a35-9e2a-3a1d8d0f7c11"))


async def measure(sizes: Sizes) -> list[Figure]:
    """Return the times of calls and what the interceptors add."""
    with tempfile.TemporaryDirectory(prefix="loadcell-bench-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'bench.db'}"
        await _fill(url)
        empty = Service("benchmarks.empty_server", folder)
        async with (
            started(empty),
            whole_system(agents=0, database=url, settings={"LOADCELL_CACHE_SECONDS": "0"}) as fresh,
            whole_system(agents=0, database=url, settings={"LOADCELL_CACHE_SECONDS": "3600"}) as keeping,
        ):
            bare, surrounded = (await empty.line()).split()
            async with (
                connect(f"127.0.0.1:{bare}") as one,
                connect(f"127.0.0.1:{surrounded}") as two,
                connect(fresh.client.address) as three,
                connect(keeping.client.address) as four,
            ):
                asks = {
                    "empty": _empty(one),
                    "empty, interceptors": _empty(two),
                    "kept answer": await _get(four),
                    "one trace": await _get(three),
                }
                return _figures(await _times(asks, sizes.rounds * CALLS))


async def _fill(url: str) -> None:
    database = await open_database(parse_place(url))
    try:
        runs = recorded(TRACES * DAYS * MODELS * RUNS_A_DAY, round(datetime.now(UTC).timestamp() * 1e6))
        await Filler(database).store(list(islice(runs, TOGETHER)))
    finally:
        await database.close()


def _empty(channel: grpc.aio.Channel) -> Callable[[], Awaitable[Any]]:
    call = channel.unary_unary(METHOD, Empty.SerializeToString, Empty.FromString)
    return lambda: call(Empty(), metadata=_METADATA)


async def _get(channel: grpc.aio.Channel) -> Callable[[], Awaitable[Any]]:
    stub: Any = trace_pb2_grpc.TraceServiceStub(channel)
    page = await stub.ListTraces(trace_pb2.ListTracesRequest(limit=1))
    request = trace_pb2.GetTraceRequest(trace_id=page.data[0].trace_id)
    return lambda: stub.GetTrace(request)


async def _times(asks: dict[str, Callable[[], Awaitable[Any]]], count: int) -> dict[str, list[float]]:
    """Return how long each call of each kind took, in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in asks}
    for number in range(WARM_UP + count):
        for name, ask in asks.items():
            begun = time.perf_counter()
            await ask()
            if number >= WARM_UP:
                times[name].append((time.perf_counter() - begun) * 1e3)
    return times


def _figures(times: dict[str, list[float]]) -> list[Figure]:
    p50, p95, p99 = ({name: float(np.percentile(of, q)) for name, of in times.items()} for q in (50, 95, 99))

    def figure(name: str, required: float) -> Figure:
        return Figure(f"calls: {name}, p50", p50[name], "ms", "<=", required, note=f"p99 {p99[name]:.3g} ms")

    added = p50["empty, interceptors"] - p50["empty"]
    note = f"empty {p50['empty']:.3g} and {p50['empty, interceptors']:.3g} ms"
    tail = f"p99 {p99['empty']:.3g} and {p99['empty, interceptors']:.3g} ms"
    return [
        Figure("calls: added by interceptors, p50", added, "ms", "<=", 0.2, note=f"{note}, {tail}"),
        figure("kept answer", 1),
        Figure("calls: kept answer, p95", p95["kept answer"], "ms", "<=", 3),
        figure("one trace", 2),
        Figure("calls: one trace, p95", p95["one trace"], "ms", "<=", 5),
    ]
