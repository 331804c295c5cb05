"""Random requests of a few days, in the database and in plain Python, to compute every answer twice."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import insert

from controller.store.contexts import Context, intern_context
from controller.store.database import Connection, Database
from controller.store.migrate import open_database
from controller.store.place import parse_place
from controller.store.rollups import add_rollups
from controller.store.run_keys import first_key
from controller.store.schema import trace_errors, traces
from loadcell.stats.columns import ERROR, OK, SampleArrays
from loadcell.stats.rollup import roll_up
from tests.integration.store.stored_runs import store_runs

SECOND, HOUR, DAY = 1_000_000, 3_600_000_000, 86_400_000_000
BEGIN = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
DAYS = 3
NOW = BEGIN + DAYS * DAY + 5 * HOUR


@dataclass(frozen=True, slots=True)
class Request:
    """One request; -1 is unknown."""

    key: tuple[int, int, int, int, int]
    ts: int
    context: Context
    status: int
    error_class: int
    http_status: int
    e2e_micros: int
    ttft_micros: int
    prompt_tokens: int
    completion_tokens: int
    prompt_cost: int
    completion_cost: int

    @property
    def word(self) -> str:
        return "OK" if self.status == OK else "ERROR"


def random_requests(count: int, seed: int) -> list[Request]:
    """Make requests of every kind, whose values differ by orders of magnitude."""
    rng = random.Random(seed)
    contexts = [
        Context(
            f"project-{rng.randrange(3)}",
            rng.choice(["openai", "anthropic"]),
            f"model-{rng.randrange(4)}",
            rng.choice(["production", "staging"]),
            rng.choice([None, "service"]),
            rng.choice([None, "ann", "bob", "zoë"]),
            rng.choice([None, "s1", "s2", "s3", "s4"]),
            "chat",
            (),
        )
        for _ in range(14)
    ]
    # Bursts and silence: single minutes with many requests, and hours without any.
    bursts = [BEGIN + rng.randrange(DAYS * DAY) for _ in range(12)]

    def some(number: int) -> int:
        return -1 if rng.random() < 0.2 else number

    def request(ordinal: int) -> Request:
        status = rng.choices([OK, ERROR, 3, 4], [75, 15, 5, 5])[0]
        ts = (
            rng.choice(bursts) + rng.randrange(90 * SECOND)
            if rng.random() < 0.7
            else BEGIN + rng.randrange(DAYS * DAY)
        )
        priced = rng.random() < 0.7
        return Request(
            (first_key(ts), 0, 0, ordinal, 1),
            ts,
            rng.choice(contexts),
            status,
            rng.randrange(1, 5) if status == ERROR else 0,
            200 if status == OK else rng.choice([0, 429, 500]),
            int(rng.lognormvariate(13, 1)),
            some(int(rng.lognormvariate(11, 1))),
            some(rng.randrange(2_000)),
            some(rng.choice([0, 1, rng.randrange(4_000)])),
            some(rng.randrange(10**7)) if priced else -1,
            some(rng.randrange(10**8)) if priced else -1,
        )

    return [request(ordinal) for ordinal in range(count)]


@contextmanager
def stored(
    request: pytest.FixtureRequest, requests: list[Request], more: Callable[[Connection], None] | None = None
) -> Iterator[Database]:
    """Store requests, their rollups and more in a new database of the engine of `request.param`.

    Tests of a module share it: making one takes longer than most questions.
    """
    if request.param == "sqlite":
        place = request.getfixturevalue("tmp_path_factory").mktemp("requests") / "loadcell.db"
    else:
        place = parse_place(request.getfixturevalue("_postgresql").url())

    async def fill() -> Database:
        database = await open_database(place)
        await database.write(lambda connection: store(connection, requests))
        if more is not None:
            await database.write(more)
        return database

    database = asyncio.run(fill())
    yield database
    asyncio.run(database.close())


def store(connection: Connection, requests: list[Request]) -> None:
    """Store requests and their rollups, and their runs."""
    began: dict[int, list[int]] = {}
    for one in requests:
        began.setdefault(one.key[0], []).append(one.ts)
    store_runs(connection, began)
    keys = {request.context: intern_context(connection, request.context) for request in requests}
    names = ("run_key", "level", "warmup", "ordinal", "lease_key")
    plain = ("ts", "status", "error_class", "http_status", "e2e_micros", "ttft_micros", "prompt_tokens")
    more = ("completion_tokens", "prompt_cost", "completion_cost")
    rows = [
        dict.fromkeys((column.name for column in traces.columns), 0)
        | dict(zip(names, request.key, strict=True))
        | {name: getattr(request, name) for name in (*plain, *more)}
        | {"context_key": keys[request.context], "tpot_micros": 0.0, "finish_reason": None}
        for request in requests
    ]
    connection.execute(insert(traces), rows)
    failed = [
        dict(zip(names, request.key, strict=True))
        | {"error_class": request.error_class, "message": message(request)}
        for request in requests
        # Of one class no message was kept.
        if request.status == ERROR and request.error_class != 4
    ]
    connection.execute(insert(trace_errors), failed)
    for context, key in keys.items():
        mine = [request for request in requests if request.context == context]
        nothing = np.zeros(len(mine), np.int64)
        columns = {
            field.name: np.array([getattr(request, field.name) for request in mine], np.int64)
            if hasattr(mine[0], field.name)
            else nothing
            for field in fields(SampleArrays)
        }
        times, prompt, completion = (
            np.array([getattr(request, name) for request in mine], np.int64)
            for name in ("ts", "prompt_cost", "completion_cost")
        )
        add_rollups(connection, roll_up(SampleArrays(**columns), times, key, prompt, completion))


def message(failed: Request) -> str:
    """Return what is kept of a failure; no two have the same."""
    return f"class {failed.error_class} at {failed.ts}"


# What follows is how the contract defines each metric, request by request.


def total(*parts: int) -> int | None:
    """Add up the known parts."""
    known = [part for part in parts if part >= 0]
    return sum(known) if known else None


def _known(value: int) -> int | None:
    return value if value >= 0 else None


VALUES: dict[str, Callable[[Request], float | None]] = {
    "duration": lambda r: r.e2e_micros / 1_000 if r.status == OK else None,
    "time_to_first_token": lambda r: r.ttft_micros / 1_000 if r.status == OK and r.ttft_micros >= 0 else None,
    "total_cost": lambda r: _scaled(total(r.prompt_cost, r.completion_cost)),
    "prompt_cost": lambda r: _scaled(_known(r.prompt_cost)),
    "completion_cost": lambda r: _scaled(_known(r.completion_cost)),
    "total_tokens": lambda r: total(r.prompt_tokens, r.completion_tokens),
    "prompt_tokens": lambda r: _known(r.prompt_tokens),
    "completion_tokens": lambda r: _known(r.completion_tokens),
}
DEFAULTS = {"duration": "avg", "time_to_first_token": "avg"}


def _scaled(nano: int | None) -> float | None:
    return None if nano is None else nano / 1e9


def aggregate(values: list[float], name: str) -> float | None:
    """Sum up values by an aggregation, percentiles by nearest rank; None where it is not defined."""
    if name == "count":
        return len(values)
    if name == "sum":
        return sum(values)
    if not values:
        return None
    if name == "avg":
        return sum(values) / len(values)
    if name in {"min", "max"}:
        return min(values) if name == "min" else max(values)
    return sorted(values)[math.ceil(int(name[1:]) * len(values) / 100) - 1]


def metric(requests: list[Request], name: str, aggregation: str | None, seconds: float) -> float | None:
    """Return a metric of the requests of one point, whose time in the period is given in seconds."""
    failed = sum(request.status == ERROR for request in requests)
    own = {
        "request_count": len(requests),
        "error_count": failed,
        "success_count": len(requests) - failed,
        "error_rate": failed / len(requests),
        "success_rate": 1 - failed / len(requests),
        "throughput": len(requests) / seconds,
        "unique_users": len({request.context.user_id for request in requests} - {None}),
        "unique_sessions": len({request.context.session_id for request in requests} - {None}),
    }
    if name in own:
        return own[name]
    values = [value for request in requests if (value := VALUES[name](request)) is not None]
    return aggregate(values, aggregation or DEFAULTS.get(name, "sum"))


def dimension(request: Request, name: str) -> str | None:
    """Return the value of a request in a dimension."""
    return request.word if name == "status_code" else getattr(request.context, name)


def points(
    requests: Iterable[Request], start: int, end: int, width: int | None, group_by: Iterable[str] = ()
) -> Iterator[tuple[tuple[object, ...], list[Request], float]]:
    """Yield the key (timestamp and dimensions), the requests and the seconds of every point that has requests."""
    cells: dict[tuple[object, ...], list[Request]] = {}
    for request in requests:
        if start <= request.ts < end and request.status in {OK, ERROR}:
            at = start if width is None else request.ts // (width * SECOND) * width * SECOND
            cells.setdefault((at, *(dimension(request, name) for name in group_by)), []).append(request)
    for key in sorted(cells, key=lambda k: (k[0], [(v is not None, v or "") for v in k[1:]])):
        at = int(str(key[0]))
        last = end if width is None else min(at + width * SECOND, end)
        yield (text(at), *key[1:]), cells[key], (last - max(at, start)) / SECOND


def text(micros: int) -> str:
    """Return a time as RFC 3339."""
    moment = datetime.fromtimestamp(micros // SECOND, UTC).replace(microsecond=micros % SECOND)
    return moment.isoformat().replace("+00:00", "Z")
