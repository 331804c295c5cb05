"""Identifiers of traces: the key of a request, written as OpenTelemetry writes a trace.

    run 34 bits | level 10 | lease 40 | warm-up 1 | ordinal 43

So they need no column and no index, and sort by the run, which begins with the day it was created. The span has
the last 64 bits.
"""

from __future__ import annotations

from typing import NamedTuple

_LEVEL, _LEASE, _WARMUP, _ORDINAL = 10, 40, 1, 43
_SPAN_LEASE = 20  # bits of the lease that the span has, of its 64


class RequestKey(NamedTuple):
    """The key of a request in the database, in the order of its columns."""

    run_key: int
    level: int
    warmup: int
    ordinal: int
    lease_key: int


def trace_id(key: RequestKey) -> str:
    """Return the identifier of a request, 32 hexadecimal digits."""
    # In two halves: integers above 64 bits take twice the time.
    first = (key.run_key << _LEVEL | key.level) << _LEASE - _SPAN_LEASE | key.lease_key >> _SPAN_LEASE
    return f"{first:016x}{span_id(key)}"


def span_id(key: RequestKey) -> str:
    """Return the identifier of its only span, 16 hexadecimal digits."""
    _, _, warmup, ordinal, lease_key = key
    last = (lease_key & (1 << _SPAN_LEASE) - 1) << _WARMUP | warmup
    return f"{last << _ORDINAL | ordinal:016x}"


def request_key(trace: str) -> RequestKey:
    """Return the key of the request with an identifier of 32 hexadecimal digits.

    Raises:
        ValueError: It is not of this form.
    """
    if len(trace) != 32 or not all(digit in "0123456789abcdefABCDEF" for digit in trace):
        raise ValueError("must be 32 hexadecimal digits")
    number = int(trace, 16)
    number, ordinal = number >> _ORDINAL, number & (1 << _ORDINAL) - 1
    number, warmup = number >> _WARMUP, number & (1 << _WARMUP) - 1
    number, lease_key = number >> _LEASE, number & (1 << _LEASE) - 1
    return RequestKey(number >> _LEVEL, number & (1 << _LEVEL) - 1, warmup, ordinal, lease_key)
