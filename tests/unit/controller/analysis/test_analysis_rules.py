"""What the rules say of servers whose behaviour is known."""

from __future__ import annotations

import pytest

from controller.analysis.finding import CRITICAL, INFO, WARNING, Finding
from controller.analysis.rules import analyze
from loadcell.v1 import result_pb2, target_pb2
from tests.unit.controller.analysis.made_results import level, run, saturating


def by_code(result: result_pb2.RunResult) -> dict[str, Finding]:
    found = analyze(result)
    assert len({one.code for one in found}) == len(found)
    return {one.code: one for one in found}


def test_a_server_that_is_full_queues_and_the_knee_is_recommended() -> None:
    found = by_code(saturating())
    assert found["OVERVIEW"].numbers == {"levels": 4, "requests": 4000, "successes": 4000, "seconds": 60}
    full = found["SATURATED"].numbers
    assert (full["load"], full["throughput"], full["load_to"], full["e2e_to_ms"]) == (16, 1400, 64, 4500)
    assert full["gain_percent"] == pytest.approx(100 * 50 / 1400)
    queue = found["QUEUEING"]
    assert (queue.severity, queue.numbers["ttft_from_ms"], queue.numbers["ttft_to_ms"]) == (WARNING, 50, 3400)
    assert queue.numbers["ttft_share_percent"] == pytest.approx(100 * 3350 / 3450)
    advice = found["RECOMMENDED_AT_KNEE"].numbers
    assert (advice["load"], advice["throughput"], advice["ttft_p99_ms"]) == (16, 1400, 90)
    assert {"CLIENT_CLEAN", "ERRORS_NONE", "TAIL_NONE"} <= found.keys()


def test_levels_may_come_in_any_order() -> None:
    result = saturating()
    turned = run(*reversed(result.results))
    assert analyze(turned) == analyze(result)


def test_throughput_that_still_grows_has_no_knee() -> None:
    found = by_code(run(level(1, tokens=100.0), level(2, tokens=190.0), level(4, tokens=370.0)))
    assert found["NOT_SATURATED"].numbers["gain_percent"] == pytest.approx(100 * 180 / 190)
    assert found["RECOMMENDED_HIGHEST"].numbers["load"] == 4
    assert "SATURATED" not in found


def test_little_more_load_than_at_the_knee_proves_nothing() -> None:
    found = by_code(run(level(16, tokens=1000.0), level(20, tokens=1010.0)))
    assert "NOT_SATURATED" in found


def test_too_much_load_makes_a_server_slower() -> None:
    found = by_code(run(level(8, tokens=1000.0), level(16, tokens=1200.0), level(32, tokens=600.0)))
    assert found["THROUGHPUT_FALLS"].numbers["drop_percent"] == pytest.approx(50)
    assert found["RECOMMENDED_AT_KNEE"].numbers["load"] == 16


@pytest.mark.parametrize(
    ("ttft", "tpot", "e2e", "code"),
    [
        ((50.0, 55.0), (10.0, 10.0), (1000.0, 1100.0), "LATENCY_FLAT"),
        ((50.0, 2000.0), (10.0, 15.0), (1000.0, 3200.0), "PREFILL_BOUND"),
        ((50.0, 60.0), (10.0, 30.0), (1000.0, 3000.0), "DECODE_BOUND"),
        ((50.0, 1000.0), (10.0, 20.0), (1000.0, 3000.0), "MIXED_GROWTH"),
        ((50.0, 2000.0), (None, None), (1000.0, 3200.0), "LATENCY_RISES"),
    ],
)
def test_where_the_added_time_is_tells_what_is_short(ttft, tpot, e2e, code) -> None:
    low, high = (level(1 + 9 * n, tokens=100.0 + n, ttft=ttft[n], tpot=tpot[n], e2e=e2e[n]) for n in (0, 1))
    found = by_code(run(low, high))
    assert found[code].numbers["e2e_to_ms"] == e2e[1]
    others = {"LATENCY_FLAT", "PREFILL_BOUND", "DECODE_BOUND", "MIXED_GROWTH", "LATENCY_RISES", "QUEUEING"}
    assert others & found.keys() == {code}


def test_one_level_only() -> None:
    found = by_code(run(level(8, tokens=500.0, ttft=40.0, e2e=900.0)))
    assert found["SINGLE_LEVEL"].numbers == {"load": 8, "throughput": 500}
    assert found["RECOMMENDED_HIGHEST"].numbers["load"] == 8
    assert not {"SATURATED", "NOT_SATURATED", "LATENCY_FLAT"} & found.keys()


def test_nothing_measured_and_nothing_succeeded() -> None:
    assert [one.code for one in analyze(run())] == ["NO_REQUESTS"]
    failed = level(4, total_requests=50, successful_requests=0, failed_requests=50, errors={"connect": 50})
    found = by_code(run(failed))
    assert found["NO_SUCCESS"].severity == CRITICAL
    assert found["ERRORS_CONNECT"].numbers == {"count": 50, "percent": 100, "load": 4}
    assert found["NOTHING_TO_RECOMMEND"].numbers == {"levels": 1}
    assert not {"SATURATED", "SINGLE_LEVEL", "TAIL_NONE"} & found.keys()


def test_rates_that_are_kept_and_one_that_is_not() -> None:
    levels = [
        level(rate=rate, completed=completed, achieved_rate=rate, tokens=100 * completed, ttft=ttft, e2e=10 * ttft)
        for rate, completed, ttft in ((5.0, 5.0, 50.0), (10.0, 9.9, 55.0), (20.0, 14.0, 900.0))
    ]
    found = by_code(run(*levels))
    over = found["RATE_EXCEEDED"]
    assert over.open_loop
    assert over.numbers == {"load": 20, "completed_rate": 14, "completed_percent": 70, "load_kept": 10}
    assert found["RECOMMENDED_AT_KNEE"].numbers["load"] == 10
    kept = by_code(run(*levels[:2]))
    assert kept["RATE_KEPT"].numbers == {"load": 10, "completed_rate": 9.9}
    assert kept["RECOMMENDED_HIGHEST"].numbers["load"] == 10
    assert by_code(run(levels[2]))["NOTHING_TO_RECOMMEND"].severity == WARNING


def test_one_request_more_or_less_is_no_lost_rate() -> None:
    window = result_pb2.MeasuredWindow(start_seconds=0, end_seconds=2)
    found = by_code(run(level(rate=5.0, completed=4.5, achieved_rate=4.5, window=window)))
    assert found["RATE_KEPT"].numbers["completed_rate"] == 4.5
    assert "RATE_NOT_SENT" not in found


def test_arrivals_that_came_slowly_by_chance_are_no_fault_of_the_server() -> None:
    window = result_pb2.MeasuredWindow(start_seconds=0, end_seconds=60)
    on_time = result_pb2.LatencyStats(p95=0.4)
    slow = level(rate=10.0, completed=8.9, achieved_rate=9.0, window=window, schedule_delay=on_time)
    found = by_code(run(slow))
    assert found["RATE_KEPT"].numbers["completed_rate"] == 8.9
    assert not {"RATE_EXCEEDED", "RATE_NOT_SENT"} & found.keys()


def test_a_rate_that_our_own_cap_held_back_says_nothing_of_the_server() -> None:
    window = result_pb2.MeasuredWindow(start_seconds=0, end_seconds=60)
    waited = result_pb2.LatencyStats(p95=900.0)
    capped = level(rate=10.0, completed=5.0, achieved_rate=5.1, window=window, schedule_delay=waited)
    kept = level(rate=4.0, completed=4.0, achieved_rate=4.0, window=window)
    found = by_code(run(kept, capped))
    assert found["RATE_NOT_SENT"].numbers == {"load": 10, "achieved_rate": 5.1}
    assert not {"RATE_EXCEEDED", "RATE_KEPT"} & found.keys()
    assert found["RECOMMENDED_AT_KNEE"].numbers["load"] == 4


def goodput(percent: float, **satisfied: int) -> result_pb2.GoodputResult:
    thresholds = target_pb2.GoodputThresholds(ttft_ms=500)
    return result_pb2.GoodputResult(
        thresholds=thresholds, goodput_percent=percent, total_requests=1000, **satisfied
    )


def test_with_objectives_the_highest_load_within_them_is_recommended() -> None:
    shares = {1: 100.0, 4: 99.0, 16: 80.0, 64: 97.0}
    levels = [level(load, tokens=10.0 * load, goodput=goodput(share)) for load, share in shares.items()]
    advice = by_code(run(*levels))["RECOMMENDED_WITHIN_OBJECTIVES"].numbers
    # Not 64: a load below it missed them.
    assert (advice["load"], advice["goodput_percent"]) == (4, 99)
    assert by_code(run(*levels[:2]))["OBJECTIVES_MET_BY_ALL"].numbers["load"] == 4


def test_objectives_that_no_load_meets_say_which_is_missed() -> None:
    low = level(1, tokens=10.0, goodput=goodput(10.0, ttft_satisfied=100, e2e_satisfied=990))
    found = by_code(run(low, level(2, tokens=20.0, goodput=goodput(99.0))))
    missed = found["OBJECTIVES_NEVER_MET"]
    assert missed.severity == CRITICAL
    assert (missed.numbers["ttft_met_percent"], missed.numbers["e2e_met_percent"]) == (10, 99)
    assert "tpot_met_percent" not in missed.numbers


def test_levels_of_a_limited_client_prove_nothing() -> None:
    result = run(
        level(1, tokens=100.0),
        level(10, tokens=900.0),
        level(100, tokens=950.0, verdict="client_limited"),
        verdict=result_pb2.Verdict(status="client_limited", reasons=["At c=100: the CPU."]),
        agents=[
            result_pb2.AgentResult(worker_count=2, health=result_pb2.WorkerHealth(cpu_share=0.97)),
            result_pb2.AgentResult(worker_count=2, health=result_pb2.WorkerHealth(cpu_share=0.2)),
            result_pb2.AgentResult(worker_count=1),
        ],
    )
    found = by_code(result)
    verdict = found["CLIENT_LIMITED"]
    assert (verdict.severity, verdict.details) == (CRITICAL, ("At c=100: the CPU.",))
    assert (verdict.numbers["levels"], verdict.numbers["limited_levels"]) == (3, 1)
    assert found["CLIENT_CPU"].numbers == {"cpu_percent": 97, "workers": 5, "agents": 3}
    assert "SATURATED" not in found
    assert found["RECOMMENDED_HIGHEST"].numbers["load"] == 10


def test_every_resource_of_the_client_that_ran_short_is_named() -> None:
    health = result_pb2.WorkerHealth(
        client_delay_p99_ms=30,
        loop_lag_max_ms=300,
        open_files=1000,
        open_files_limit=1024,
        retransmits=50,
        reads=1000,
        uplink_full_seconds=2,
        fenced_seconds=3,
    )
    agents = [result_pb2.AgentResult(health=health)]
    found = by_code(run(level(1), agents=agents, verdict=result_pb2.Verdict(status="degraded")))
    assert found["CLIENT_DEGRADED"].severity == WARNING
    short = {"CLIENT_READS_LATE", "CLIENT_STOOD_STILL", "CLIENT_FILES", "NETWORK_LOSSES", "CLIENT_HELD_BACK"}
    assert short | {"CLIENT_FENCED"} <= found.keys()
    assert found["CLIENT_FILES"].numbers == {"open_files": 1000, "open_files_limit": 1024}
    assert "CLIENT_CPU" not in found


def test_errors_tell_their_share_and_where_they_began() -> None:
    errors = {"http_429": 60, "timeout": 15, "mystery": 2}
    found = by_code(run(level(1, tokens=10.0), level(8, tokens=50.0, failed_requests=77, errors=errors)))
    limited, late, other = (found[f"ERRORS_{name}"] for name in ("HTTP_429", "TIMEOUT", "OTHER"))
    assert (limited.numbers, limited.severity) == ({"count": 60, "percent": 3, "load": 8}, WARNING)
    assert (late.numbers["percent"], late.severity) == (0.75, INFO)
    assert other.details == ("mystery",)
    # More than one percent failed at 8.
    assert found["RECOMMENDED_HIGHEST"].numbers["load"] == 1


def test_tails_stalls_and_unsteady_throughput() -> None:
    result = run(
        level(1, tokens=100.0, ttft=(50.0, 70.0), e2e=(1000.0, 1200.0)),
        level(
            8,
            tokens=500.0,
            ttft=(60.0, 900.0),
            tpot=(10.0, 31.0),
            e2e=(1000.0, 3500.0),
            stalled_requests=30,
            longest_stall_ms=2500.0,
            throughput_tokens_per_sec_ci=result_pb2.Interval(low=400, high=600),
        ),
    )
    found = by_code(result)
    assert (found["TAIL_TTFT"].severity, found["TAIL_TTFT"].numbers["ratio"]) == (CRITICAL, 15)
    assert (found["TAIL_TPOT"].numbers["load"], found["TAIL_E2E"].numbers["ratio"]) == (8, 3.5)
    assert found["STALLS"].numbers == {"load": 8, "stalled": 30, "percent": 3, "longest_ms": 2500}
    assert found["THROUGHPUT_UNSTEADY"].numbers["throughput_high"] == 600
    assert "TAIL_NONE" not in found
    assert "client_delay_p99_ms" not in found["TAIL_TTFT"].numbers
    result.results[1].verdict.status = "degraded"
    result.results[1].client_delay.p99 = 12.5
    assert by_code(result)["TAIL_TTFT"].numbers["client_delay_p99_ms"] == 12.5
    fast = by_code(run(level(1, tokens=1.0, e2e=(0.5, 5.0), total_requests=40)))
    assert "TAIL_E2E" not in fast  # nobody notices 5 ms
    assert fast["TOO_FEW_FOR_P99"].numbers == {"load": 1, "levels": 1, "successes": 40}


def test_what_was_not_carried_out_is_said() -> None:
    cut = level(
        4, tokens=10.0, total_requests=100, successful_requests=60, cancelled_requests=30, censored_requests=10
    )
    cut.unexecuted_requests = 900
    found = by_code(run(cut, status="cancelled"))
    assert found["INCOMPLETE"].numbers == {"cancelled": 30, "unexecuted": 900}
    assert found["CENSORED"].numbers == {"censored": 10, "percent": 10}


def test_throughput_is_in_requests_where_not_all_tokens_were_counted() -> None:
    found = by_code(run(level(1, completed=2.0), level(4, completed=8.0, tokens=100.0)))
    growing = found["NOT_SATURATED"]
    assert (growing.in_tokens, growing.numbers["throughput"], growing.numbers["throughput_to"]) == (False, 2, 8)
