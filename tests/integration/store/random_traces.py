"""Requests of many runs, at random, few values so that they meet; and what each is as a trace, by brute force."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from sqlalchemy import update

from controller.query.traces.conditions import Operator
from controller.query.traces.fields import FIELDS, Field, Kind
from controller.query.traces.leaves import FITTING
from controller.store import leases, runs, samples
from controller.store.records import LeaseRecord, RunRecord
from controller.store.samples import BatchRows
from controller.store.schema import INTEGER_COLUMNS, benchmark_runs
from controller.trace_ids import RequestKey, span_id, trace_id
from loadcell.v1 import agent_pb2, result_pb2, run_pb2, target_pb2

NOW = 1_790_000_000_000_000  # microseconds
HOUR = 3_600_000_000
TIMES = {"now-2h": NOW - 2 * HOUR, "now-1h": NOW - HOUR, "now-1m": NOW - 60_000_000, "now": NOW}
WORDS = ("gpt-4o", "GPT-4", "a%b_c", "été")
STATUSES = {1: "OK", 2: "ERROR", 3: "UNSET", 4: "UNSET"}

_CONFIGS: list[dict[str, Any]] = [
    {"project_id": "p1", "provider": "openai", "environment": "production", "user_id": "u1", "tags": ["a", "été"]},
    {
        "project_id": "p1",
        "provider": "openai",
        "environment": "staging",
        "service_name": "a%b_c",
        "labels": {"team": "x"},
    },
    {"project_id": "p2", "provider": "GPT-4", "environment": "production", "session_id": "s", "tags": ["b"]},
    {
        "project_id": "p2",
        "provider": "custom",
        "adapter": "openai-completions",
        "labels": {"team": "GPT-4", "b.c": "1"},
    },
    {"framework": "vllm", "tags": ["a", "b", "a%b_c"], "labels": {"framework": "mine"}},
]


@dataclass(repr=False)  # asyncio asks for it of every result, for nobody
class Stored:
    """What is in the database, as plain traces by trace_id."""

    traces: dict[str, dict[str, Any]]
    leases: list[tuple[RunRecord, LeaseRecord]]
    random: Random
    batches: Counter[int] = field(default_factory=Counter)  # of each lease

    def all(self) -> list[dict[str, Any]]:
        return list(self.traces.values())


def fill(connection, *, rows: int = 12, seed: int = 1) -> Stored:
    """Store runs with the same and with different contexts, and `rows` requests of each lease."""
    stored = Stored({}, [], Random(seed))
    for number in range(10):
        config = _config(number)
        alike = 4 if number == 9 else number  # these two have one context
        model = WORDS[alike * 7 % len(WORDS)]
        created = NOW - (3 + number % 5 * 24) * HOUR
        run = runs.insert_run(connection, _run(number, config, model, created), [target_pb2.LevelPlan()], None)
        for level in range(1 + number % 2):
            for share in range(1 + number % 3):
                lease = _lease(run, level, share)
                leases.insert_leases(connection, [lease])
                key = leases.get_lease(connection, lease.lease_id).lease_key
                stored.leases.append((run, replace(lease, lease_key=key)))
    for place in range(len(stored.leases)):
        add(connection, stored, rows, place)
    return stored


def fill_ended(connection) -> Stored:
    """Store the same of runs that have ended, so that a controller has nothing to do with them."""
    stored = fill(connection)
    connection.execute(update(benchmark_runs).values(state=run_pb2.RUN_STATE_COMPLETED, status="completed"))
    return stored


def add(connection, stored: Stored, rows: int, place: int | None = None) -> None:
    """Store another batch of a lease, of any if none is chosen."""
    random = stored.random
    run, lease = random.choice(stored.leases) if place is None else stored.leases[place]
    stored.batches[lease.lease_key] += 1
    number = stored.batches[lease.lease_key]
    batch = BatchRows(lease.lease_key, number, [], [], [], b"", [])
    for ordinal in range(rows):
        key = RequestKey(
            run.run_key, lease.level, random.choice([0, 0, 1]), number * 10_000 + ordinal, lease.lease_key
        )
        values = _values(random)
        extra = {
            "finish_reason": random.choice([None, "stop", "GPT-4", ""]),
            "ts": random.choice(list(TIMES.values())) + random.choice([0, 0, 1, -5]),
            "prompt_cost": random.choice([-1, 0, 1, 2_500_000]),
            "completion_cost": random.choice([-1, 0, 10_000_000]),
        }
        batch.traces.append((*key, *values.values(), 10.5, extra["finish_reason"], extra["ts"], run.context_key,
                             extra["prompt_cost"], extra["completion_cost"]))  # fmt: skip
        message = None
        if values["status"] == 2 and random.random() < 0.7:
            message = random.choice(WORDS)
            batch.errors.append((*key, 3, message))
        stored.traces[trace_id(key)] = _trace(key, run, lease, values | extra, message)
    assert not samples.insert_batches(connection, [batch])


def _config(number: int) -> result_pb2.RunConfig:
    chosen = {"adapter": "openai", "output_len": 16 + number % 2, **_CONFIGS[number % len(_CONFIGS)]}
    if number % 2:
        chosen["goodput_thresholds"] = target_pb2.GoodputThresholds(ttft_ms=1.0, tpot_ms=0.01)
    return result_pb2.RunConfig(num_prompts=4, **chosen)


def _run(number: int, config: result_pb2.RunConfig, model: str, created: int) -> RunRecord:
    return RunRecord(
        run_key=0,
        run_id=f"run-{number}",
        log_request_id="",
        state=run_pb2.RUN_STATE_RUNNING,
        server_url="http://t",
        model=model,
        adapter=config.adapter,
        config=config,
        needs_secrets=False,
        probed=True,
        pin_output=False,
        words_per_token=1.0,
        created_at=created,
        started_at=None,
        completed_at=None,
        error=None,
        notes=(),
        owner=None,
        owner_expires_at=None,
    )


def _lease(run: RunRecord, level: int, share: int) -> LeaseRecord:
    name = f"{run.run_id}.{level}.{share}"
    return LeaseRecord(0, name, run.run_key, level, share, 3, f"agent-{share}", agent_pb2.LEASE_STATE_RUNNING)


def _values(random: Random) -> dict[str, int]:
    values = dict.fromkeys(INTEGER_COLUMNS, 0)
    return values | {
        "scheduled_offset_micros": random.choice([0, 1_000]),
        "start_offset_micros": random.choice([0, 1_500]),
        "ttft_micros": random.choice([-1, 0, 500, 1_000, 2_000]),
        "e2e_micros": random.choice([-1, 0, 1_000, 1_500, 2_000_000]),
        "prompt_tokens": random.choice([-1, 0, 10]),
        "completion_tokens": random.choice([-1, 0, 5, 20]),
        "status": random.choice([1, 1, 1, 2, 3, 4]),
        "http_status": random.choice([0, 200, 429]),
        "client_delay_micros": random.choice([-1, 100]),
    }


def _trace(key: RequestKey, run: RunRecord, lease: LeaseRecord, row: dict[str, Any], message: str | None) -> dict:
    config = run.config
    operation = "completion" if config.adapter == "openai-completions" else "chat"
    attributes = {"project_id": config.project_id or "default", **dict(config.labels)}
    if config.framework:
        attributes = {"framework": config.framework, **attributes}
    tokens, e2e = row["completion_tokens"], row["e2e_micros"]
    trace = {
        "ts": row["ts"],
        "trace_id": trace_id(key),
        "span_id": span_id(key),
        "service_name": config.service_name or None,
        "span_name": {"chat": "llm.chat.completion", "completion": "llm.completion"}[operation],
        "provider": config.provider or "custom",
        "model": run.model,
        "prompt_tokens": _known(row["prompt_tokens"]),
        "completion_tokens": _known(tokens),
        "total_tokens": _total(row["prompt_tokens"], tokens),
        "prompt_cost_usd": _known(row["prompt_cost"], 10**9),
        "completion_cost_usd": _known(row["completion_cost"], 10**9),
        "total_cost_usd": _total(row["prompt_cost"], row["completion_cost"], 10**9),
        "duration_ms": _known(e2e, 1_000),
        "latency_ms": _known(e2e, 1_000),
        "ttft_ms": _known(row["ttft_micros"], 1_000),
        "status_code": STATUSES[row["status"]],
        "error_message": message,
        "user_id": config.user_id or None,
        "session_id": config.session_id or None,
        "environment": config.environment or "development",
        "tags": sorted(config.tags) or None,
        "attributes": attributes,
        "project_id": config.project_id or "default",
        "operation_type": operation,
        "tokens_per_second": tokens * 1e6 / e2e if tokens >= 0 and e2e > 0 else None,
        "model_parameters": {"max_tokens": config.output_len, "stream": config.stream, "temperature": 0},
        "run_id": run.run_id,
        "level": lease.level,
        "agent_id": lease.agent_id,
        "finish_reason": row["finish_reason"] or None,
        "scheduled_time": row["ts"] - row["start_offset_micros"] + row["scheduled_offset_micros"],
        "client_delay_ms": _known(row["client_delay_micros"], 1_000),
        "warmup": bool(key.warmup),
        "http_status": row["http_status"] or None,
    }
    return {name: value for name, value in trace.items() if value is not None}


def _known(value: int, unit: int = 1) -> float | None:
    return None if value < 0 else value if unit == 1 else value / unit


def _total(one: int, other: int, unit: int = 1) -> float | None:
    parts = [part for part in (one, other) if part >= 0]
    return _known(sum(parts), unit) if parts else None


def random_leaf(random: Random, stored: Stored, of: Field) -> dict[str, Any]:
    """Return a condition that some traces fulfil, on a of."""
    path = of.name
    fitting = [operator for operator in Operator if operator in FITTING[of.kind]]
    if of.kind is Kind.OBJECT:
        path += "." + random.choice(["team", "b.c", "framework", "max_tokens", "stream"])
    operator = random.choice([operator for operator in fitting if operator is not Operator.SEARCH])
    choices = _choices(of, stored)
    value: Any = random.choice(choices)
    match operator:
        case Operator.IN | Operator.NOT_IN:
            value = random.choices(choices, k=random.choice([1, 3]))
        case Operator.REGEX:
            value = random.choice(["^gpt", r"\d$", "[a-c]%", "T.", "^$"])
        case Operator.EQ | Operator.NE if random.random() < 0.2:
            value = None
        case Operator.CONTAINS | Operator.STARTS_WITH | Operator.ENDS_WITH | Operator.NOT_CONTAINS:
            if of.kind is not Kind.TAGS:
                value = random.choice(["GPT", "-4", "%", "_", "É", "é", "s"])
        case Operator.GT | Operator.GTE | Operator.LT | Operator.LTE if of.kind is Kind.OBJECT:
            value = random.choice([16, 16.5, 17])
    return {"field": path, "operator": operator.value, "value": value}


def _choices(of: Field, stored: Stored) -> list[Any]:
    if of.kind is Kind.TIME:
        return [*TIMES, "2020-01-01T00:00:00Z"]
    if of.kind is Kind.OBJECT:
        return ["x", "GPT-4", "mine", 16, 17, True, False, "1", 1]
    if of.kind is Kind.SPAN_ID or of.kind is Kind.TRACE_ID:
        digits = 16 if of.kind is Kind.SPAN_ID else 32
        return [*list(stored.traces)[:5], *list(stored.traces)[-2:], "f" * 32] if digits == 32 else [
            *[trace[-16:] for trace in list(stored.traces)[:5]], "f" * 16
        ]  # fmt: skip
    if of.kind is Kind.TAGS:
        return ["a", "b", "été", "a%b_c", "c"]
    found = {trace[of.name] for trace in stored.all() if of.name in trace}
    more = {Kind.NUMBER: [-1, 0.0005, 1_000_000], Kind.TEXT: ["nobody", "%"]}.get(of.kind, [])
    return sorted(found) + more


def random_filter(random: Random, stored: Stored, depth: int = 2) -> dict[str, Any]:
    """Return a filter of some conditions."""
    if depth == 0 or random.random() < 0.2:
        fields = [one for one in FIELDS.values() if one.filterable]
        return random_leaf(random, stored, random.choice(fields))
    operator = random.choice(["and", "and", "OR", "not"])
    count = 1 if operator == "not" else random.randint(1, 3)
    return {"operator": operator, "filters": [random_filter(random, stored, depth - 1) for _ in range(count)]}


def shown(filters: object) -> str:
    return json.dumps(filters, ensure_ascii=False)
