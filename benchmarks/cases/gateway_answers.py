"""Answers over HTTP: how many a second of what is kept, how long those take that are not, and a yardstick.

Gateway, controller and what asks them share the cores. Kept answers are asked for by wrk, the yardstick in turns.
"""

from __future__ import annotations

import random
import statistics
from datetime import timedelta
from pathlib import Path

import numpy as np
import orjson

from benchmarks.figures import Figure
from benchmarks.gateway import Asked, Gateway, gateway
from benchmarks.processes import Service, started
from benchmarks.recorded_runs import DAYS
from benchmarks.sizes import Sizes
from benchmarks.wrk import Load, wrk

CONNECTIONS = 16
WARM_UP = 20  # requests that do not count
LIST = "/api/v1/traces?limit=50"
_TEN = """{ traces(limit: 10, filter: {to: "%s"}) {
    id timestamp provider model duration tokenCount cost statusCode environment metadata
} }"""


async def measure(sizes: Sizes) -> list[Figure]:
    """Measure what is kept, then what is not."""
    async with gateway(sizes, {"LOADCELL_CACHE_SECONDS": "3600"}) as running:
        figures = await _kept(sizes, running)
    async with gateway(sizes, {"LOADCELL_CACHE_SECONDS": "0"}) as running:
        return [*figures, *await _fresh(sizes, running)]


async def _kept(sizes: Sizes, running: Gateway) -> list[Figure]:
    lists: list[Load] = []
    unchanged: list[Load] = []
    plain: list[Load] = []
    rows, tag = (await running.get(LIST))["data"], await running.tag(LIST)
    file = Path(running.service.folder) / "rows.json"
    file.write_bytes(orjson.dumps(rows))
    yardstick = Service("benchmarks.baseline_fastapi", file.parent, arguments=(str(file),))
    async with started(yardstick):
        port = await yardstick.line()
        for _ in range(sizes.rounds):
            lists.append(await _load(sizes, running.url + LIST))
            unchanged.append(await _load(sizes, running.url + LIST, {"If-None-Match": tag}))
            plain.append(await _load(sizes, f"http://127.0.0.1:{port}/rows"))
    list_, same, theirs = _median(lists), _median(unchanged), _median(plain)
    ratio = statistics.median(ours.rate / other.rate for ours, other in zip(lists, plain, strict=True))
    return [
        Figure("gateway: kept list of 50", list_.rate, "requests/s", ">=", 1_500, 2_500),
        Figure("gateway: kept list of 50, p50", list_.p50, "ms", "<=", 10),
        Figure("gateway: kept list of 50, p99", list_.p99, "ms", "<=", 30),
        Figure("gateway: 304", same.rate, "requests/s", ">=", 2_000, 3_500, note=f"p99 {same.p99:.3g} ms"),
        Figure("gateway: kept list, ratio to FastAPI", ratio, "x", ">=", 3, note=f"{theirs.rate:,.0f} requests/s"),
    ]


async def _load(sizes: Sizes, url: str, headers: dict[str, str] | None = None) -> Load:
    return await wrk(url, connections=CONNECTIONS, seconds=sizes.gateway_seconds, headers=headers or {})


def _median(loads: list[Load]) -> Load:
    return Load(
        statistics.median(load.rate for load in loads),
        statistics.median(load.p50 for load in loads),
        statistics.median(load.p99 for load in loads),
    )


async def _fresh(sizes: Sizes, running: Gateway) -> list[Figure]:
    draw = random.Random(6)
    ends = [running.until - timedelta(days=draw.uniform(1, DAYS - 2)) for _ in range(WARM_UP + sizes.questions)]
    moments = [f"{end:%Y-%m-%dT%H:%M:%SZ}" for end in ends]
    lists = [f"{LIST}&to={moment}" for moment in moments]
    documents = [Asked("/graphql", orjson.dumps({"query": _TEN % moment})) for moment in moments]
    page = (await running.get(f"/api/v1/traces?limit=1000&fields=trace_id&to={lists[0].rpartition('=')[2]}"))[
        "data"
    ]
    chosen = draw.sample([row["trace_id"] for row in page], WARM_UP + min(sizes.questions, len(page) - WARM_UP))
    of_lists = (await running.times(map(Asked, lists)))[WARM_UP:]
    of_traces = (await running.times(Asked(f"/api/v1/traces/{trace_id}") for trace_id in chosen))[WARM_UP:]
    of_documents = (await running.times(documents))[WARM_UP:]
    return [
        _percentile("list of 50 that is not kept", of_lists, 50, 10),
        _percentile("list of 50 that is not kept", of_lists, 95, 30),
        _percentile("one trace", of_traces, 50, 4),
        _percentile("GraphQL, 10 traces", of_documents, 50, 12),
    ]


def _percentile(what: str, times: list[float], percent: int, required: float) -> Figure:
    value, high = (float(np.percentile(times, q)) for q in (percent, 99))
    note = f"p99 {high:.3g} ms of {len(times):,}"
    return Figure(f"gateway: {what}, p{percent}", value, "ms", "<=", required, note=note)
