"""Requests of every kind, and what has to be the same of results made of them with and without their values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from google.protobuf.message import Message

from loadcell.stats.columns import CANCELLED, CENSORED, ERROR, OK, SampleArrays
from loadcell.stats.sketch import ACCURACY
from loadcell.v1 import result_pb2, target_pb2
from tests.unit.stats.sample_rows import make_rows

THRESHOLDS = target_pb2.GoodputThresholds(ttft_ms=110.0, tpot_ms=25.0, e2e_ms=1200.0)
CONFIG = result_pb2.RunConfig(goodput_thresholds=THRESHOLDS, seed=7)
NANOSECOND = 1e-6  # in milliseconds: times per token are rounded to it
LATENCIES = [
    field.name
    for field in result_pb2.LevelResult.DESCRIPTOR.fields
    if field.message_type and field.message_type.name == "LatencyStats"
]
OF_SKETCHES = ("median", "p50", "p90", "p95", "p99", "p999")
RATES = [name for name in result_pb2.LevelResult.DESCRIPTOR.fields_by_name if name.endswith("_per_sec")]


def busy_rows(count: int, seconds: float, seed: int = 1) -> SampleArrays:
    """Requests of two agents over some seconds, of every kind."""
    rng = np.random.default_rng(seed)
    starts = np.sort(rng.integers(0, int(seconds * 1e6), count))
    e2e = rng.lognormal(13.5, 0.4, count).astype(np.int64)
    tokens = rng.integers(0, 60, count)
    kinds = rng.choice([OK, ERROR, CANCELLED, CENSORED], count, p=[0.9, 0.06, 0.02, 0.02])
    return make_rows(
        *(
            {
                "agent": n % 2,
                "scheduled_offset_micros": start - int(rng.integers(0, 900)),
                "start_offset_micros": start,
                "ttft_micros": took // 10 if n % 9 else -1,
                "ttfot_micros": took // 9,
                "e2e_micros": took,
                "tpot_micros": took / token if token > 1 else -1.0,
                "completion_tokens": token - 1,
                "prompt_tokens": int(rng.integers(-1, 400)),
                "cached_tokens": int(rng.integers(-1, 30)),
                "status": kind,
                "error_class": int(rng.integers(1, 13)) if kind == ERROR else 0,
                "connect_micros": 400 if n % 50 == 0 else -1,
                "reused": int(n % 50 != 0),
                "coalesced_reads": int(n % 3 == 0),
                "client_delay_micros": int(rng.integers(0, 90)),
                "stall_count": int(n % 40 == 0),
                "longest_stall_micros": took // 3 if n % 40 == 0 else 0,
                "finish_reason": n % 3 - 1,
                "token_source": 1 + n % 3,
                "warmup": int(n < 20),
            }
            for n, (start, took, token, kind) in enumerate(
                zip(starts.tolist(), e2e.tolist(), tokens.tolist(), kinds.tolist(), strict=True)
            )
        )
    )


def plain(message: Message, *left_out: str) -> dict[str, Any]:
    return {field.name: value for field, value in message.ListFields() if field.name not in left_out}


def assert_same_latency(exact: result_pb2.LatencyStats, sketched: result_pb2.LatencyStats) -> None:
    assert (sketched.count, sketched.min, sketched.max) == pytest.approx(
        (exact.count, exact.min, exact.max), abs=NANOSECOND
    )
    assert sketched.mean == pytest.approx(exact.mean, rel=1e-6, abs=NANOSECOND)
    assert sketched.std == pytest.approx(exact.std, rel=1e-5, abs=NANOSECOND)
    pairs = [(exact, sketched, OF_SKETCHES)]
    pairs.append((exact.with_errors, sketched.with_errors, OF_SKETCHES[1:]))
    pairs += [(getattr(exact, name), getattr(sketched, name), ("low", "high")) for name in ("p50_ci", "p99_ci")]
    for one, other, names in pairs:
        for name in names:
            close = pytest.approx(getattr(one, name), rel=ACCURACY * 1.01, abs=NANOSECOND)
            assert getattr(other, name) == close, name
    assert sketched.p999_bound.at_most == pytest.approx(exact.p999_bound.at_most, abs=NANOSECOND)
    assert sketched.p999_bound.confidence == exact.p999_bound.confidence
    assert sketched.with_errors.count == exact.with_errors.count


def assert_same(exact: result_pb2.RunResult, sketched: result_pb2.RunResult) -> None:
    """All that does not depend on the window."""
    one, other = exact.results[0], sketched.results[0]
    apart = (*LATENCIES, *RATES, "window", "goodput", "verdict", "per_user_tokens_per_sec", "achieved_rate")
    apart += ("throughput_tokens_per_sec_ci", "request_rate_per_sec_ci", "errors", "finish_reasons")
    assert plain(one, *apart) == plain(other, *apart)
    assert (one.errors, one.finish_reasons) == (other.errors, other.finish_reasons)
    for name in LATENCIES:
        assert_same_latency(getattr(one, name), getattr(other, name))
    good = "good_requests_per_sec"
    assert plain(one.goodput, good) == plain(other.goodput, good)
    assert other.per_user_tokens_per_sec == pytest.approx(one.per_user_tokens_per_sec, rel=0.0051)
    for agent, same in zip(exact.agents, sketched.agents, strict=True):
        assert (agent.total_requests, agent.successful_requests) == (same.total_requests, same.successful_requests)
        assert same.ttft_p50 == pytest.approx(agent.ttft_p50, rel=0.0051)
    assert exact.duration_seconds == pytest.approx(sketched.duration_seconds)
    note = (
        "not all requests were kept: percentiles come from sketches and are wrong by at most 0.5% of their value"
    )
    assert note in sketched.notes
    assert [one for one in sketched.notes if one != note] == exact.notes
    assert sketched.summary.overall_error_rate == exact.summary.overall_error_rate
    assert (exact.percentiles, sketched.percentiles) == ("exact", "sketch")
    assert sketched.percentile_relative_error == ACCURACY
    assert not exact.HasField("percentile_relative_error")


def assert_same_rates(one: result_pb2.LevelResult, other: result_pb2.LevelResult) -> None:
    assert one.window == other.window
    for name in (*RATES, "achieved_rate"):
        rel = 0.0051 if name.startswith("per_user") else 1e-9
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=rel), name
    assert other.goodput.good_requests_per_sec == pytest.approx(one.goodput.good_requests_per_sec)
