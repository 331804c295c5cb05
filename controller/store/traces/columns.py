"""Fields of a trace that are computed from its own row: how each is stored, and when it has no value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Double, and_, case, cast, literal, literal_column, type_coerce

from controller.store.schema import traces
from loadcell.stats.columns import ERROR, OK

# Written into the statement: an index over some rows is used only where the planner sees the number.
IS_ERROR: ColumnElement[bool] = traces.c.status == literal_column(str(ERROR))
IS_OK: ColumnElement[bool] = traces.c.status == OK
IS_UNSET: ColumnElement[bool] = traces.c.status > literal_column(str(ERROR))
# What sums are made of: the request came to an end of its own.
IS_COUNTED: ColumnElement[bool] = traces.c.status.in_([literal_column(str(OK)), literal_column(str(ERROR))])

STATUSES: dict[str, ColumnElement[bool]] = {"ERROR": IS_ERROR, "OK": IS_OK, "UNSET": IS_UNSET}


@dataclass(frozen=True, slots=True)
class Whole:
    """A number that is stored whole: `unit` of them make 1 of the field; below `least` it has no value."""

    column: ColumnElement[int]
    unit: int = 1
    least: int | None = 0


def _sum(first: ColumnElement[int], second: ColumnElement[int]) -> ColumnElement[int]:
    """Return the sum of the known parts, -1 when neither is."""
    return case((first < 0, second), (second < 0, first), else_=first + second)


_MICROS, _NANO = 1_000, 1_000_000_000  # in a millisecond, in a USD

WHOLE: dict[str, Whole] = {
    "ts": Whole(traces.c.ts, least=None),
    "scheduled_time": Whole(
        traces.c.ts - traces.c.start_offset_micros + traces.c.scheduled_offset_micros, least=None
    ),
    "prompt_tokens": Whole(traces.c.prompt_tokens),
    "completion_tokens": Whole(traces.c.completion_tokens),
    "total_tokens": Whole(_sum(traces.c.prompt_tokens, traces.c.completion_tokens)),
    "prompt_cost_usd": Whole(traces.c.prompt_cost, _NANO),
    "completion_cost_usd": Whole(traces.c.completion_cost, _NANO),
    "total_cost_usd": Whole(_sum(traces.c.prompt_cost, traces.c.completion_cost), _NANO),
    "duration_ms": Whole(traces.c.e2e_micros, _MICROS),
    "latency_ms": Whole(traces.c.e2e_micros, _MICROS),
    "ttft_ms": Whole(traces.c.ttft_micros, _MICROS),
    "client_delay_ms": Whole(traces.c.client_delay_micros, _MICROS),
    "level": Whole(type_coerce(traces.c.level, BigInteger)),  # so that any number can be compared with it
    "http_status": Whole(traces.c.http_status, least=1),  # 0: no response began
}

HAS_RATE: ColumnElement[bool] = and_(traces.c.completion_tokens >= 0, traces.c.e2e_micros > 0)
RATE: ColumnElement[float] = case(
    (HAS_RATE, cast(traces.c.completion_tokens * 1_000_000, Double) / cast(traces.c.e2e_micros, Double)),
    else_=literal(-1.0),
)


def tokens_per_second(completion_tokens: int, e2e_micros: int) -> float | None:
    """Return what RATE is for a row, None where it has no value."""
    if completion_tokens < 0 or e2e_micros <= 0:
        return None
    return completion_tokens * 1_000_000 / e2e_micros


SPAN_LEASE_BITS = 20  # of lease_key in a span_id, see controller.trace_ids
SPAN_LEASE: ColumnElement[Any] = traces.c.lease_key.bitwise_and((1 << SPAN_LEASE_BITS) - 1)
