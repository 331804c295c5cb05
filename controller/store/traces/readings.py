"""What each field of a trace is computed from, and how."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from sqlalchemy import Column

from controller.query.traces.record import Evaluation
from controller.store.schema import benchmark_runs, leases, trace_errors, traces
from controller.store.schema_queries import contexts
from controller.store.traces.columns import tokens_per_second
from controller.store.traces.keys import KEY
from controller.store.traces.objects import run_objects
from controller.trace_ids import RequestKey, span_id, trace_id
from loadcell.stats.columns import ERROR, OK

_SPANS = {"chat": "llm.chat.completion", "completion": "llm.completion"}
_STATUSES = {OK: "OK", ERROR: "ERROR"}
_MICROS, _NANO = 1_000, 1_000_000_000  # in a millisecond, in a USD


class Reading(NamedTuple):
    """The columns that a field is computed from, and how: of each column all values, to the value of each row.

    None: it has no value there.
    """

    columns: tuple[Column[Any], ...]
    values: Callable[..., Iterable[Any]]


def _same(column: Column[Any]) -> Reading:
    return Reading((column,), lambda values: values)


def _text(column: Column[Any]) -> Reading:
    return Reading((column,), lambda values: [value or None for value in values])


def _each(columns: Iterable[Column[Any]], value_of: Callable[..., Any]) -> Reading:
    """Return a reading that computes the values one by one."""
    return Reading(tuple(columns), lambda *values: map(value_of, *values))


def _number(name: str, unit: int = 1, least: int = 0) -> Reading:
    def known(values: Iterable[int]) -> Iterable[float | None]:
        if unit == 1:
            return [value if value >= least else None for value in values]
        return [value / unit if value >= least else None for value in values]

    return Reading((traces.c[name],), known)


def _sum(first: str, second: str, unit: int = 1) -> Reading:
    def known(one: int, other: int) -> float | None:
        if one < 0 or other < 0:
            one = max(one, other)  # what is known of them
            other = 0
        total = one + other
        if total < 0:
            return None
        return total if unit == 1 else total / unit

    return _each((traces.c[first], traces.c[second]), known)


def _evaluate(config: bytes | None, status: int, ttft: int, tpot: float, e2e: int) -> list[Evaluation]:
    """Judge a request by the objectives of its run: as for goodput, only an OK request can be good."""
    measured = {"ttft_ms": ttft, "tpot_ms": tpot, "e2e_ms": e2e}
    found = []
    for name, threshold in run_objects(config).objectives if config else ():
        value = measured[name] / _MICROS if measured[name] >= 0 else None
        passed = status == OK and value is not None and value <= threshold
        found.append(Evaluation(name, value, threshold, passed))
    return found


READINGS: dict[str, Reading] = {
    "ts": _same(traces.c.ts),
    "trace_id": _each(KEY, lambda *key: trace_id(RequestKey(*key))),
    "span_id": _each(KEY, lambda *key: span_id(RequestKey(*key))),
    "service_name": _text(contexts.c.service_name),
    "span_name": _each((contexts.c.operation_type,), lambda name: name and _SPANS.get(name, f"llm.{name}")),
    "provider": _text(contexts.c.provider),
    "model": _text(contexts.c.model),
    "prompt_tokens": _number("prompt_tokens"),
    "completion_tokens": _number("completion_tokens"),
    "total_tokens": _sum("prompt_tokens", "completion_tokens"),
    "prompt_cost_usd": _number("prompt_cost", _NANO),
    "completion_cost_usd": _number("completion_cost", _NANO),
    "total_cost_usd": _sum("prompt_cost", "completion_cost", _NANO),
    "duration_ms": _number("e2e_micros", _MICROS),
    "latency_ms": _number("e2e_micros", _MICROS),
    "ttft_ms": _number("ttft_micros", _MICROS),
    "status_code": _each((traces.c.status,), lambda status: _STATUSES.get(status, "UNSET")),
    "user_id": _text(contexts.c.user_id),
    "session_id": _text(contexts.c.session_id),
    "environment": _text(contexts.c.environment),
    "tags": _each((contexts.c.tags,), lambda tags: (json.loads(tags) or None) if tags else None),
    "attributes": _each((benchmark_runs.c.config,), lambda config: config and run_objects(config).attributes),
    "project_id": _text(contexts.c.project_id),
    "operation_type": _text(contexts.c.operation_type),
    "error_message": _text(trace_errors.c.message),
    "tokens_per_second": _each((traces.c.completion_tokens, traces.c.e2e_micros), tokens_per_second),
    "model_parameters": _each(
        (benchmark_runs.c.config,), lambda config: config and run_objects(config).model_parameters
    ),
    "run_id": _text(benchmark_runs.c.run_id),
    "level": _same(traces.c.level),
    "agent_id": _text(leases.c.agent_id),
    "finish_reason": _text(traces.c.finish_reason),
    "scheduled_time": _each(
        (traces.c.ts, traces.c.start_offset_micros, traces.c.scheduled_offset_micros),
        lambda ts, started, scheduled: ts - started + scheduled,
    ),
    "client_delay_ms": _number("client_delay_micros", _MICROS),
    "warmup": _each((traces.c.warmup,), bool),
    "http_status": _number("http_status", least=1),
    "evaluations": _each(
        (
            benchmark_runs.c.config,
            traces.c.status,
            traces.c.ttft_micros,
            traces.c.tpot_micros,
            traces.c.e2e_micros,
        ),
        _evaluate,
    ),
}
"""By the names of fields; `parent_span_id`, which none has, and texts of other tables are not among them."""
