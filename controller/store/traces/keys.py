"""Requests by their identifiers, and sets of keys of any size as one parameter."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, false, select

from controller.query.traces.bounds import Bounds
from controller.store.among import one_of, with_keys
from controller.store.schema import leases, traces
from controller.store.traces.columns import SPAN_LEASE_BITS
from controller.trace_ids import RequestKey, request_key

KEY = [traces.c[name] for name in RequestKey._fields]
# The columns in the order of the digits of trace_id, which is the order of traces that are otherwise equal.
TRACE_ORDER = [traces.c[name] for name in ("run_key", "level", "lease_key", "warmup", "ordinal")]

_WARMUP_BIT = 43  # of span_id, above the ordinal
SPAN_LEASES = (1 << SPAN_LEASE_BITS) - 1


def in_trace_order(key: RequestKey) -> tuple[int, ...]:
    """Return a key in the order of TRACE_ORDER."""
    return (key.run_key, key.level, key.lease_key, key.warmup, key.ordinal)


def with_trace_ids(connection: Connection, trace_ids: Collection[str]) -> ColumnElement[bool]:
    """Whether a request has one of some identifiers of 32 hexadecimal digits; at least one."""
    return with_keys(connection, KEY, [request_key(trace) for trace in trace_ids])


def with_span_ids(connection: Connection, span_ids: Collection[str]) -> ColumnElement[bool]:
    """Whether a request has one of some identifiers of spans, 16 hexadecimal digits; at least one."""
    keys = _of_spans(connection, span_ids)
    return with_keys(connection, KEY, keys) if keys else false()


def runs_of_traces(trace_ids: Collection[str]) -> Bounds:
    """Return the first and the last key of the runs of requests with some identifiers; at least one."""
    return _runs([request_key(trace) for trace in trace_ids])


def runs_of_spans(connection: Connection, span_ids: Collection[str]) -> Bounds:
    """Return the first and the last key of the runs of requests with some identifiers of spans; at least one.

    Their leases are looked up for it, as `with_span_ids` does: hardly anybody asks for spans.
    """
    return _runs(_of_spans(connection, span_ids))


def _runs(keys: Collection[RequestKey]) -> Bounds:
    runs = [key.run_key for key in keys]
    return Bounds(min(runs), max(runs)) if runs else Bounds(0, -1)


def _of_spans(connection: Connection, span_ids: Collection[str]) -> list[RequestKey]:
    """Return the keys that requests with some identifiers of spans can have.

    A span_id has only the last bits of lease_key; the few leases that end in them tell the rest of the key.
    """
    wanted: dict[int, list[tuple[int, int]]] = {}
    for number in {int(span_id, 16) for span_id in span_ids}:
        request = number >> _WARMUP_BIT & 1, number & (1 << _WARMUP_BIT) - 1
        wanted.setdefault(number >> _WARMUP_BIT + 1 & SPAN_LEASES, []).append(request)
    low = leases.c.lease_key.bitwise_and(SPAN_LEASES)
    found = connection.execute(
        select(leases.c.run_key, leases.c.level, leases.c.lease_key, low).where(one_of(connection, low, wanted))
    )
    return [
        RequestKey(run, level, warmup, ordinal, lease)
        for run, level, lease, bits in found
        for warmup, ordinal in wanted[bits]
    ]
