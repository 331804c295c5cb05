"""The result document, from facts to every field."""

import math
from typing import Any

import numpy as np
import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from controller.report.document import build_result
from loadcell import sketches
from loadcell.stats.columns import CANCELLED, CENSORED, ERROR, OK, SampleArrays
from loadcell.stats.sketch import bucket_counts
from loadcell.v1 import agent_pb2, result_pb2, sample_pb2, target_pb2
from tests.unit.report.run_facts import START, make_agent, make_lease, make_level, make_run
from tests.unit.stats.sample_rows import make_rows, requests

THRESHOLDS = target_pb2.GoodputThresholds(ttft_ms=500.0, e2e_ms=3000.0)


def numbers(message: Message) -> list[float]:
    """All floats of a message and of the messages in it."""
    found: list[float] = []
    for descriptor, value in message.ListFields():
        values = value if descriptor.is_repeated and not hasattr(value, "items") else [value]
        for one in values:
            if isinstance(one, Message):
                found += numbers(one)
            elif isinstance(one, float):
                found.append(one)
    return found


def sequence(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [{"start_offset_micros": i * 1_000_000} | changes for i in range(count)]


def test_a_level_holds_what_was_measured() -> None:
    rows = make_rows(
        *sequence(8, finish_reason=0, cached_tokens=5, reused=1),
        {"start_offset_micros": 8_000_000, "finish_reason": 1, "connect_micros": 700, "stall_count": 2}
        | {"longest_stall_micros": 250_000, "coalesced_reads": 3, "requested_tokens": 16},
        {"start_offset_micros": 9_000_000, "status": ERROR, "error_class": sample_pb2.ERROR_CLASS_HTTP_429}
        | {
            "http_status": 429,
            "ttft_micros": -1,
            "completion_tokens": -1,
            "prompt_tokens": -1,
            "tpot_micros": -1.0,
        },
    )
    itl = bucket_counts(np.full(90, 100_000.0))
    facts = make_level(
        rows,
        sketches=[sketches.to_message("itl", itl), sketches.to_message("itl", itl)],
        finish_reasons=["length", "stop"],
        error_messages={sample_pb2.ERROR_CLASS_HTTP_429: "slow down"},
    )
    document = build_result(make_run(facts, config=result_pb2.RunConfig(goodput_thresholds=THRESHOLDS)))
    level = document.results[0]
    assert (level.total_requests, level.successful_requests, level.failed_requests) == (10, 9, 1)
    assert (level.error_rate_percent, dict(level.errors)) == (10.0, {"http_429": 1})
    assert dict(level.error_messages) == {"http_429": "slow down"}
    assert dict(level.finish_reasons) == {"length": 8, "stop": 1}
    assert (level.ttft.p50, level.ttft.count, level.ttft.with_errors.count) == (100.0, 9, 10)
    assert level.tpot.p50 == 100.0
    assert (level.itl.count, level.itl.approximate) == (180, True)
    assert level.itl.p50 == pytest.approx(100.0, rel=0.005)
    assert (level.connect.count, level.connect.p50) == (1, 0.7)
    assert (level.total_input_tokens, level.total_output_tokens, level.requested_output_tokens) == (180, 90, 96)
    assert (level.tokens_per_event, level.coalesced_share, level.token_source) == (1.0, 0.03, "server")
    assert level.cache_hit_share == pytest.approx(40 / 160)
    assert (level.stalled_requests, level.longest_stall_ms) == (1, 250.0)
    assert (level.connection_reuse_ratio, level.planned_requests) == (0.8, 10)
    assert (level.window.kind, level.window.end_seconds, level.duration_seconds) == ("steady", 9.0, 10.0)
    assert level.request_rate_per_sec == pytest.approx(1.0)
    assert level.throughput_tokens_per_sec == pytest.approx(10.0)
    assert level.total_throughput_tokens_per_sec == pytest.approx(30.0)
    assert level.per_user_tokens_per_sec == pytest.approx(10.0)
    goodput = level.goodput
    assert (goodput.satisfied_requests, goodput.total_requests, goodput.goodput_percent) == (9, 10, 90.0)
    assert (goodput.goodput_of_successes, goodput.ttft_satisfied, goodput.e2e_satisfied) == (100.0, 9, 9)
    assert not goodput.HasField("tpot_satisfied")
    assert level.verdict.status == "clean"
    assert (document.started_at.ToMicroseconds(), document.duration_seconds) == (START, 10.0)
    assert (document.timestamp_source, document.verdict.status) == ("kernel", "clean")


def test_rates_of_a_long_steady_state_have_intervals() -> None:
    uneven = [{"start_offset_micros": i * 1_000_000 + (i % 3) * 300_000} for i in range(120)]
    long, short = (build_result(make_run(make_level(make_rows(*uneven[:n])))).results[0] for n in (120, 9))
    for name in ("throughput_tokens_per_sec", "request_rate_per_sec"):
        ends = getattr(long, f"{name}_ci")
        assert 0 < ends.low < getattr(long, name) < ends.high
        assert not short.HasField(f"{name}_ci")


def test_warm_up_is_outside_everything() -> None:
    measured = make_rows(*sequence(5))
    warm = make_rows(*sequence(3, warmup=1, e2e_micros=90_000_000, start_offset_micros=-90_000_000))
    with_warm_up = build_result(make_run(make_level(SampleArrays.concatenate([warm, measured]))))
    without = build_result(make_run(make_level(measured)))
    with_warm_up.results[0].planned_requests = without.results[0].planned_requests
    with_warm_up.results[0].unexecuted_requests = without.results[0].unexecuted_requests
    assert with_warm_up == without


def test_censored_and_cancelled_are_counted_apart() -> None:
    rows = make_rows(
        {}, {"status": CENSORED, "e2e_micros": 9_000_000}, {"status": CANCELLED}, {"status": CANCELLED}
    )
    level = build_result(make_run(make_level(rows))).results[0]
    assert (level.successful_requests, level.failed_requests) == (1, 0)
    assert (level.censored_requests, level.cancelled_requests) == (1, 2)
    assert (level.error_rate_percent, level.e2e_latency.count, level.e2e_latency.with_errors.count) == (0.0, 1, 1)


def test_goodput_and_error_rate_are_shares_of_the_same_requests() -> None:
    rows = make_rows(
        *sequence(2), {"status": ERROR, "error_class": 4}, {"status": CENSORED}, *sequence(3, status=CANCELLED)
    )
    config = result_pb2.RunConfig(goodput_thresholds=target_pb2.GoodputThresholds(e2e_ms=5000.0))
    document = build_result(make_run(make_level(rows), config=config))
    level = document.results[0]
    assert (level.goodput.total_requests, level.goodput.goodput_percent, level.error_rate_percent) == (
        4,
        50.0,
        25.0,
    )
    assert (document.summary.avg_goodput_percent, document.summary.overall_error_rate) == (50.0, 25.0)


def test_M16_a_level_that_failed_altogether_is_never_the_best() -> None:
    failed = make_rows(*sequence(4, status=ERROR, error_class=1, ttft_micros=0, e2e_micros=1000))
    good = make_rows(*sequence(4))
    document = build_result(
        make_run(
            make_level(failed, target_pb2.LevelPlan(index=0, concurrency=1, request_count=4)),
            make_level(good, target_pb2.LevelPlan(index=1, concurrency=2, request_count=4)),
        )
    )
    assert not document.results[0].ttft.HasField("p50")
    assert not document.results[0].ttft.with_errors.HasField("p50")
    assert document.summary.best_ttft_p50 == 100.0
    assert document.summary.best_concurrency == 2
    only_failed = build_result(make_run(make_level(failed))).summary
    assert not only_failed.HasField("best_ttft_p50")
    assert not only_failed.HasField("best_throughput")
    assert only_failed.overall_error_rate == 100.0


def test_M10_response_time_includes_the_wait_for_a_late_start() -> None:
    rows = make_rows(*({"start_offset_micros": i * 1_000_000, "scheduled_offset_micros": 0} for i in range(3)))
    plan = target_pb2.LevelPlan(rate=1000.0, request_count=3)
    level = build_result(make_run(make_level(rows, plan))).results[0]
    assert (level.e2e_latency.max, level.response_time.max, level.schedule_delay.max) == (1000.0, 3000.0, 2000.0)
    assert (level.verdict.status, level.requested_rate) == ("degraded", 1000.0)
    assert not level.HasField("concurrency")
    assert any("schedule delay is 2000.0 ms" in reason for reason in level.verdict.reasons)


def test_M3_the_wait_for_a_connection_is_not_the_load_generators_lateness() -> None:
    late = {"scheduled_offset_micros": 0, "dns_micros": 10_000, "connect_micros": 40_000, "tls_micros": 50_000}
    plan = target_pb2.LevelPlan(rate=10.0, request_count=20)

    def result(start_micros: int) -> result_pb2.LevelResult:
        rows = make_rows(
            *(
                late | {"scheduled_offset_micros": i * 100_000, "start_offset_micros": i * 100_000 + start_micros}
                for i in range(20)
            )
        )
        return build_result(make_run(make_level(rows, plan))).results[0]

    connecting, dawdling = result(101_000), result(130_000)
    assert connecting.schedule_delay.p50 == 101.0  # by its definition, connecting included
    assert connecting.verdict.status == "clean"
    assert "up to 100.0 ms (99th percentile) for a new connection" in connecting.verdict.reasons[0]
    assert dawdling.verdict.status == "degraded"
    assert any("schedule delay is 30.0 ms" in reason for reason in dawdling.verdict.reasons)


def test_M3_slow_connections_at_the_end_do_not_lower_the_rate_that_is_judged() -> None:
    rows = make_rows(
        *({"start_offset_micros": i * 10_000} for i in range(995)),
        *(
            {
                "scheduled_offset_micros": i * 10_000,
                "start_offset_micros": i * 10_000 + 500_000,
                "connect_micros": 500_000,
            }
            for i in range(995, 1000)
        ),
    )
    level = build_result(make_run(make_level(rows, target_pb2.LevelPlan(rate=100.0, request_count=1000)))).results[
        0
    ]
    assert (level.verdict.status, list(level.verdict.reasons)) == ("clean", [])


def test_an_open_loop_is_as_fast_as_its_arrivals_whatever_the_last_response_takes() -> None:
    rows = make_rows(*({"start_offset_micros": i * 100_000, "e2e_micros": 5_000_000} for i in range(21)))
    level = build_result(make_run(make_level(rows, target_pb2.LevelPlan(rate=10.0, request_count=21)))).results[0]
    assert (level.achieved_rate, level.window.kind, level.verdict.status) == (
        pytest.approx(10.0),
        "whole",
        "clean",
    )


def test_summary_weighs_by_requests() -> None:
    config = result_pb2.RunConfig(goodput_thresholds=target_pb2.GoodputThresholds(ttft_ms=500.0))
    good = make_level(make_rows(*sequence(9)))
    bad = make_level(make_rows(*sequence(1, ttft_micros=900_000), *sequence(2, status=ERROR, error_class=4)))
    summary = build_result(make_run(good, bad, config=config)).summary
    assert summary.total_requests == 12
    assert summary.overall_error_rate == pytest.approx(100 * 2 / 12)
    assert summary.avg_goodput_percent == pytest.approx(100 * 9 / 12)


def test_agents_are_aligned_by_the_start_of_their_leases() -> None:
    """Agent 1 started two seconds late; on one time axis its requests follow those of agent 0."""
    pairs = zip(sequence(2, agent=0), sequence(2, agent=1, ttft_micros=300_000), strict=True)
    rows = make_rows(*(row for pair in pairs for row in pair))
    facts = make_level(
        rows,
        leases=[
            make_lease(0),
            make_lease(1, start_micros=START + 2_000_000, timestamp_source="user", notes=["slow"]),
        ],
    )
    document = build_result(make_run(facts, agents=[make_agent("a"), make_agent("b")], notes=["first"]))
    assert document.results[0].duration_seconds == document.results[0].window.end_seconds == 4.0
    assert document.results[0].schedule_delay.max == 0.0
    assert [(a.agent_id, a.total_requests, a.ttft_p50) for a in document.agents] == [
        ("a", 2, 100.0),
        ("b", 2, 300.0),
    ]
    assert document.agents[0].clock_uncertainty_micros == 90.0
    assert document.timestamp_source == "mixed"
    assert list(document.notes) == ["first", "b: slow"]


def test_two_leases_of_one_agent_are_aligned_each_by_its_own_start() -> None:
    """The second share of agent 0 started two seconds after the first."""
    rows = make_rows(*sequence(2, lease=0), *sequence(2, lease=1))
    leases = [make_lease(0), make_lease(0, start_micros=START + 2_000_000)]
    document = build_result(make_run(make_level(rows, leases=leases)))
    assert document.results[0].duration_seconds == document.results[0].window.end_seconds == 4.0
    assert document.results[0].schedule_delay.max == 0.0


def test_a_lost_agent_degrades_and_is_named() -> None:
    facts = make_level(
        make_rows(*sequence(3, agent=0), {"agent": 1}),
        leases=[
            make_lease(0),
            make_lease(1, state=agent_pb2.LEASE_STATE_EXPIRED, health=None, error="not heard of"),
        ],
    )
    document = build_result(make_run(facts, agents=[make_agent("a"), make_agent("b")]))
    assert document.verdict.status == "degraded"
    assert [a.verdict.status for a in document.agents] == ["clean", "degraded"]
    assert not document.agents[1].HasField("health")
    assert any("Agent b did not finish its share at c=1: not heard of" in n for n in document.notes)


@pytest.mark.parametrize(("state", "end"), [("COMPLETED", 20.0), ("CANCELLED", 12.0), ("RUNNING", 6.0)])
def test_M12_a_level_bounded_by_time_is_measured_over_that_time(state: str, end: float) -> None:
    lease = make_lease(
        state=agent_pb2.LeaseState.Value(f"LEASE_STATE_{state}"),
        end_offset_micros={"COMPLETED": 20_400_000, "CANCELLED": 12_000_000, "RUNNING": 0}[state],
    )
    plan = target_pb2.LevelPlan(concurrency=1, duration_micros=20_000_000)
    level = build_result(make_run(make_level(make_rows(*sequence(6)), plan, leases=[lease]))).results[0]
    assert (level.window.start_seconds, level.window.end_seconds, level.window.kind) == (0.0, end, "steady")
    assert not level.HasField("planned_requests")


def test_token_sources_are_mixed_when_they_differ() -> None:
    rows = make_rows({"token_source": 1}, {"token_source": 3})
    assert build_result(make_run(make_level(rows))).results[0].token_source == "mixed"


def test_runs_without_data_have_documents_too() -> None:
    nothing = build_result(make_run(run={"error": "target unreachable"}, agents=[]))
    assert (nothing.error, len(nothing.results), nothing.verdict.status) == ("target unreachable", 0, "clean")
    assert not nothing.HasField("started_at")
    never_started = make_level(SampleArrays.empty(), start_micros=0, leases=[])
    begun = make_level(SampleArrays.empty(), target_pb2.LevelPlan(index=1, concurrency=4, request_count=9))
    document = build_result(make_run(never_started, begun))
    assert [level.index for level in document.results] == [1]
    assert document.results[0].total_requests == 0
    assert not document.results[0].HasField("error_rate_percent")
    assert not document.results[0].HasField("throughput_tokens_per_sec")


def test_the_start_of_a_level_counts_from_the_start_of_the_run() -> None:
    later = make_level(make_rows({}), start_micros=START + 5_000_000, leases=[])
    document = build_result(make_run(make_level(make_rows({})), later))
    assert [level.start_offset_seconds for level in document.results] == [0.0, 5.0]
    assert document.duration_seconds == 6.0


def test_reasons_name_their_level_when_there_are_several() -> None:
    sick = make_lease(health=result_pb2.WorkerHealth(cpu_share=0.99))
    facts = [make_level(make_rows(*sequence(4)), leases=[lease]) for lease in (make_lease(), sick)]
    document = build_result(make_run(*facts))
    assert document.verdict.status == "client_limited"
    assert document.verdict.reasons[0].startswith("At c=1: The busiest worker used 99%")


@given(requests(), st.booleans(), st.sampled_from([{"duration_micros": 5_000_000}, {"request_count": 25}]))
def test_no_figure_is_ever_infinite_or_nan_and_counts_add_up(
    rows: list[dict[str, Any]], open_loop: bool, bound: dict[str, int]
) -> None:
    plan = target_pb2.LevelPlan(**({"rate": 5.0} if open_loop else {"concurrency": 3}), **bound)
    config = result_pb2.RunConfig(goodput_thresholds=THRESHOLDS)
    facts = make_level(make_rows(*rows), plan, leases=[make_lease(0), make_lease(1)])
    document = build_result(make_run(facts, config=config, agents=[make_agent("a"), make_agent("b")]))
    assert all(math.isfinite(n) for n in numbers(document))
    level = document.results[0]
    assert level.total_requests == len(rows) == sum(a.total_requests for a in document.agents)
    assert level.successful_requests == sum(row["status"] == OK for row in rows)
    assert level.total_requests == (
        level.successful_requests + level.failed_requests + level.cancelled_requests + level.censored_requests
    )
    assert sum(level.errors.values()) == level.failed_requests


def test_M5_tokens_that_nobody_counted_are_told_and_are_no_zero() -> None:
    events = {"token_source": sample_pb2.TOKEN_SOURCE_EVENTS, "prompt_tokens": -1}
    document = build_result(make_run(make_level(make_rows(*sequence(4, **events)))))
    level = document.results[0]
    assert list(document.notes) == ["the server sent no usage: tokens are counted as events"]
    assert (level.token_source, level.total_output_tokens) == ("events", 40)
    assert not level.HasField("total_input_tokens")
    assert not level.HasField("input_throughput_tokens_per_sec")
    assert not level.HasField("total_throughput_tokens_per_sec")
    assert level.HasField("throughput_tokens_per_sec")
    nothing = events | {"token_source": 0, "completion_tokens": -1}
    level = build_result(make_run(make_level(make_rows(*sequence(4, **nothing))))).results[0]
    assert not level.HasField("total_output_tokens")
    assert not level.HasField("throughput_tokens_per_sec")


def test_responses_whose_tokens_are_events_are_counted_in_the_note() -> None:
    rows = make_rows(*sequence(2), {"start_offset_micros": 2_000_000, "token_source": 3})
    document = build_result(make_run(make_level(rows)))
    assert document.results[0].token_source == "mixed"
    assert list(document.notes) == ["the server sent no usage with 1 of 3 responses: tokens are counted as events"]


def test_an_agent_with_several_shares_of_a_level_is_one_agent() -> None:
    """Agent a took over a share of b, which was lost: both shares are a's, what b executed stays b's."""
    rows = make_rows(
        *sequence(3, agent=0, lease=0),
        *sequence(1, agent=1, lease=1, ttft_micros=300_000),
        {"agent": 1, "lease": 1, "status": CENSORED, "ttft_micros": -1},
        *sequence(2, agent=0, lease=2, ttft_micros=700_000),
    )
    lost = agent_pb2.LEASE_STATE_EXPIRED
    leases = [
        make_lease(0, health=result_pb2.WorkerHealth(cpu_share=0.2, reads=10, clock_steps=1)),
        make_lease(1, state=lost, error="not heard of", timestamp_source="user"),
        make_lease(0, health=result_pb2.WorkerHealth(cpu_share=0.4, reads=30, clock_steps=1)),
    ]
    again = make_level(
        make_rows({"agent": 0}),
        leases=[make_lease(0, health=result_pb2.WorkerHealth(cpu_share=0.1, reads=1, clock_steps=2))],
    )
    agents = [make_agent("a", worker_count=2), make_agent("b")]
    a, b = build_result(make_run(make_level(rows, leases=leases), again, agents=agents)).agents
    assert (a.agent_id, a.worker_count, a.total_requests, a.successful_requests) == ("a", 2, 6, 6)
    assert (b.agent_id, b.worker_count, b.total_requests, b.successful_requests) == ("b", 1, 2, 1)
    assert (b.ttft_p50, a.timestamp_source, b.timestamp_source) == (300.0, "kernel", "user")
    assert a.ttft_p50 < 700.0
    # One machine's shares of a level see the same step; a step in another level is another step.
    assert (a.health.cpu_share, a.health.reads, a.health.clock_steps) == (0.4, 41, 3)
    assert "did not finish" not in " ".join(a.verdict.reasons)
    assert "did not finish" in " ".join(b.verdict.reasons)


def test_a_start_that_is_not_sharp_is_told_in_words() -> None:
    sharp, vague = make_agent("a"), make_agent("b", clock_uncertainty_micros=2_340.0)
    level = make_level(make_rows({"agent": 0}, {"agent": 1}), leases=[make_lease(0), make_lease(1)])
    assert list(build_result(make_run(level, agents=[sharp, vague])).notes) == [
        "agents started within 2.3 ms of the planned instant: the clock of b is known no better"
    ]
    assert not build_result(make_run(level, agents=[sharp, make_agent("b", clock_uncertainty_micros=None)])).notes
    assert not build_result(make_run(make_level(make_rows({})), agents=[vague])).notes  # beside whom?
