"""Requests with costs, as tests store them and as they remember them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.store.bulk import insert_rows
from controller.store.contexts import Context, intern_context
from controller.store.database import Connection
from controller.store.rollups import add_rollups
from controller.store.run_keys import first_key
from controller.store.schema import INTEGER_COLUMNS, traces
from controller.trace_ids import RequestKey, trace_id
from loadcell.stats.columns import ERROR, OK, SampleArrays
from loadcell.stats.rollup import roll_up
from tests.integration.store.stored_runs import store_runs

DAY = 86_400_000_000
HOUR = DAY // 24


@dataclass(frozen=True)
class Request:
    """One request; unknown costs and tokens are -1."""

    trace_id: str
    ts: int
    context: Context
    status: int
    prompt_cost: int
    completion_cost: int
    tokens: int
    duration_micros: int

    @property
    def counted(self) -> bool:
        return self.status in (OK, ERROR)

    @property
    def prompt(self) -> int:
        return max(self.prompt_cost, 0)

    @property
    def completion(self) -> int:
        return max(self.completion_cost, 0)

    @property
    def cost(self) -> int:
        return self.prompt + self.completion


def some_contexts(rng: np.random.Generator, count: int) -> list[Context]:
    def one_of(*values):
        return values[rng.integers(len(values))]

    return [
        Context(
            project_id=one_of("default", "shop", "search"),
            provider=one_of("openai", "anthropic", "custom"),
            model=one_of("gpt-4o", "gpt-4o-mini", "claude-3-opus", "mine"),
            environment=one_of("production", "staging"),
            service_name=None,
            user_id=one_of(None, "ann", "ben", "anonymous"),
            session_id=f"session-{n}",
            operation_type="chat",
            tags=one_of((), ("a",), ("a", "b"), ("b", "c, d")),
        )
        for n in range(count)
    ]


def store(
    connection: Connection, contexts: list[Context], times: np.ndarray, seed: int, *, run: int = 0
) -> list[Request]:
    """Store requests that began at some times, each in one of the contexts, and return them."""
    rng = np.random.default_rng(seed)
    order = np.argsort(times)
    times = times[order]
    owners = rng.integers(len(contexts), size=len(times))
    found: list[Request] = []
    for number, context in enumerate(contexts):
        ts = times[owners == number]
        found += _store_context(connection, context, ts, rng, run * 1_000 + number)
    return found


def _store_context(connection, context, ts, rng, number) -> list[Request]:
    count = len(ts)
    zeros = np.zeros(count, np.int64)
    scale = float(rng.choice([1e3, 1e6, 1e8]))
    columns = dict.fromkeys(SampleArrays.__dataclass_fields__, zeros) | {
        "tpot_micros": np.zeros(count),
        "status": rng.integers(1, 5, count),
        "error_class": rng.integers(1, 4, count),
        "e2e_micros": rng.integers(-1, 5_000_000, count),
        "ttft_micros": zeros - 1,
        "prompt_tokens": rng.integers(-1, 300, count),
        "completion_tokens": rng.integers(-1, 500, count),
    }
    samples = SampleArrays(**columns)
    prompt = np.maximum((rng.lognormal(0, 1, count) * scale).astype(np.int64), 1)
    completion = (rng.lognormal(1, 1, count) * scale).astype(np.int64)
    prompt[rng.random(count) < 0.1] = -1
    completion[rng.random(count) < 0.1] = -1
    key = intern_context(connection, context)
    add_rollups(connection, roll_up(samples, ts, key, prompt, completion))
    keys = [RequestKey(first_key(int(at)) + number, 0, 0, n, number + 1) for n, at in enumerate(ts)]
    began: dict[int, list[int]] = {}
    for one, at in zip(keys, ts.tolist(), strict=True):
        began.setdefault(one.run_key, []).append(at)
    store_runs(connection, began)
    rows = zip(
        keys,
        *(getattr(samples, name).tolist() for name in INTEGER_COLUMNS),
        zip(ts.tolist(), prompt.tolist(), completion.tolist(), strict=True),
        strict=True,
    )
    insert_rows(
        connection,
        traces,
        [(*one, *numbers, 0.0, None, at, key, p, c) for one, *numbers, (at, p, c) in rows],
    )
    tokens = np.maximum(samples.prompt_tokens, 0) + np.maximum(samples.completion_tokens, 0)
    return [
        Request(trace_id(keys[n]), int(ts[n]), context, *(int(column[n]) for column in of_each))
        for of_each in [(samples.status, prompt, completion, tokens, samples.e2e_micros)]
        for n in range(count)
    ]
