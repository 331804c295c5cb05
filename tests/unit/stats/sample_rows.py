"""Builds sample columns for tests: name what matters, the rest takes plain values."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from hypothesis import strategies as st

from loadcell.stats.columns import OK, SampleArrays

UNDEFINED = {"dns_micros", "connect_micros", "tls_micros", "reasoning_tokens", "cached_tokens", "finish_reason"}


def make_rows(*rows: dict[str, Any]) -> SampleArrays:
    """Rows get ordinal 0, 1, ... and the lease of their agent.

    A streamed OK response of 10 tokens, ttft 100 ms, e2e 1 s, unless told.
    """
    columns: dict[str, list[Any]] = {f.name: [] for f in fields(SampleArrays)}
    for number, row in enumerate(rows):
        plain: dict[str, Any] = dict.fromkeys(columns, 0) | dict.fromkeys(UNDEFINED, -1)
        plain |= {"ordinal": number, "status": OK, "ttft_micros": 100_000, "ttfot_micros": 100_000}
        plain |= {"e2e_micros": 1_000_000, "tpot_micros": 100_000.0, "first_event_tokens": 1}
        plain |= {"prompt_tokens": 20, "completion_tokens": 10, "event_count": 10, "token_source": 1}
        plain |= {"read_count": 10, "requested_tokens": 10, "http_status": 200}
        plain |= {"scheduled_offset_micros": row.get("start_offset_micros", 0), "lease": row.get("agent", 0)}
        for name, value in (plain | row).items():
            columns[name].append(value)
    return SampleArrays(
        **{
            name: np.array(values, np.float64 if name == "tpot_micros" else np.int64)
            for name, values in columns.items()
        }
    )


def requests() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Random requests of two agents with every status, timings in microseconds."""
    request = st.fixed_dictionaries(
        {
            "agent": st.integers(0, 1),
            "start_offset_micros": st.integers(0, 10_000_000),
            "ttft_micros": st.integers(0, 1_000_000),
            "decode": st.integers(0, 3_000_000),
            "completion_tokens": st.integers(1, 50),
            "prompt_tokens": st.integers(-1, 50),
            "status": st.integers(1, 4),
        }
    )

    def finish(row: dict[str, Any]) -> dict[str, Any]:
        decode, tokens = row.pop("decode"), row["completion_tokens"]
        tpot = decode / (tokens - 1) if tokens > 1 else -1.0
        return row | {"e2e_micros": row["ttft_micros"] + decode, "tpot_micros": tpot}

    return st.lists(request.map(finish), max_size=25)
