"""What a constructed result is answered with."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.recommend.document import answer
from loadcell.documents import render
from loadcell.v1 import capacity_pb2, recommend_pb2, result_pb2

Answer = recommend_pb2.GetRecommendationResultResponse
INFRA = {"gpu_model": "H100", "gpu_count": 4, "gpu_memory_gb": 80.0, "tensor_parallelism": 2}


def level(concurrency: int, good: int, *, total: int = 100, failed: int = 0, limited: bool = False):
    made = result_pb2.LevelResult(
        concurrency=concurrency,
        total_requests=total,
        failed_requests=failed,
        throughput_tokens_per_sec=10.0 * concurrency,
        verdict=result_pb2.Verdict(status="client_limited", reasons=["The worker used 99 % of a core."])
        if limited
        else result_pb2.Verdict(status="clean"),
        goodput=result_pb2.GoodputResult(satisfied_requests=good, total_requests=total),
    )
    if total:
        made.goodput.goodput_percent = 100 * good / total
    made.e2e_latency.mean = 2_000.0
    return made


def result(
    *levels: result_pb2.LevelResult, peak: int = 240, headroom: float = 0.0, infra=None, **workload: object
) -> result_pb2.RunResult:
    made = result_pb2.RunResult(run_id="r", status="completed", model="m", results=levels, duration_seconds=60)
    made.verdict.status = "client_limited" if any(one.verdict.reasons for one in levels) else "clean"
    made.config.concurrency.extend(one.concurrency for one in levels)
    made.config.recommendation.CopyFrom(
        capacity_pb2.CapacityQuestion(
            headroom_percent=headroom,
            infra=capacity_pb2.KnownInfra(**(infra or {})),
            workload=capacity_pb2.ExpectedWorkload(
                peak_concurrency=peak,
                requests_per_user_per_day=10,
                ttft_target_ms=500,
                tpot_target_ms=50,
                goodput_target_percent=95,
                **workload,
            ),
        )
    )
    return made


def test_a_sweep_with_a_crossing_is_answered_with_servers_and_gpus():
    found = answer(result(level(100, 100), level(200, 75), headroom=20.0, peak=500, infra=INFRA))
    advice, infra = found.recommendation, found.current_infra
    assert (infra.max_concurrency_at_slo, infra.met_concurrency, infra.missed_concurrency) == (120, 100, 200)
    assert not infra.max_concurrency_is_at_least
    assert (infra.throughput_tokens_per_sec, infra.goodput_at_max_concurrency) == (1_000, 100)
    assert (infra.saturation_concurrency, infra.saturation_goodput) == (100, 100)
    assert infra.goodput_at_max_concurrency_ci.low == pytest.approx(96.3, abs=0.1)
    assert infra.confidence == pytest.approx(1 - 0.95**100)
    assert (advice.outcome, advice.model_name, advice.recommended_gpu) == ("recommended", "m", "H100")
    assert (advice.recommended_server_count, advice.recommended_count, advice.tensor_parallelism) == (5, 20, 2)
    assert (advice.estimated_max_concurrency, advice.estimated_throughput) == (600, 5_000)
    assert (advice.estimated_goodput, advice.headroom_percent) == (100, 20)
    assert not advice.HasField("estimated_monthly_cost_usd")
    for said in ("500 ms", "50 ms", "95 %", "At 100 in flight 100 % (100 of 100)", "carries 120, interpolated"):
        assert said in advice.reasoning
    assert "The peak of 500 with 20 % headroom is 600 in flight: 5 servers" in advice.reasoning


def test_F7_gpus_are_counted_by_whole_servers_and_carry_the_peak():
    """Four GPUs carry 120; 240 take eight."""
    advice = answer(result(level(120, 95), level(200, 0), infra=INFRA)).recommendation
    assert (advice.recommended_server_count, advice.recommended_count) == (2, 8)
    assert advice.estimated_max_concurrency >= 240


def test_F7_the_formula_shown_is_the_one_that_was_computed():
    advice = answer(result(level(7, 100), level(9, 0), peak=1_000, headroom=12.5, infra=INFRA)).recommendation
    said = re.fullmatch(
        r"servers = ceil\(peak ([\d,]+) x \(1 \+ headroom ([\d.]+) / 100\) / ([\d,]+) per server\)"
        r" = ceil\(([\d.,]+)\) = ([\d,]+); GPUs = ([\d,]+) x ([\d,]+) per server = ([\d,]+)",
        advice.calculation_formula,
    )
    assert said
    peak, headroom, each, raw, servers, again, gpus_each, gpus = (float(n.replace(",", "")) for n in said.groups())
    assert raw == pytest.approx(peak * (1 + headroom / 100) / each)
    assert servers == again == math.ceil(raw) == advice.recommended_server_count
    assert gpus == servers * gpus_each == advice.recommended_count


def test_F7_goodput_is_the_one_that_was_measured_and_headroom_adds_nothing_to_it():
    one, other = (
        answer(result(level(10, 97), level(20, 0), headroom=headroom)).recommendation for headroom in (0.0, 100.0)
    )
    assert one.estimated_goodput == other.estimated_goodput == 97


def test_F7_what_nobody_has_said_of_the_server_stays_unknown():
    found = answer(result(level(10, 100), level(20, 0)))
    said = render(found)
    for name in ("recommended_gpu", "recommended_count", "tensor_parallelism", "estimated_monthly_cost_usd"):
        assert said["recommendation"][name] is None
    for name in ("gpu_model", "gpu_count", "gpu_memory_gb"):
        assert said["current_infra"][name] is None
    assert found.recommendation.recommended_server_count == 24
    assert "GPU" not in found.recommendation.calculation_formula


def test_F7_where_the_lowest_step_misses_the_objectives_nothing_is_recommended():
    found = answer(result(level(1, 40, failed=50), level(10, 0), infra=INFRA))
    advice, infra = found.recommendation, found.current_infra
    assert (advice.outcome, infra.missed_concurrency) == ("objectives_missed", 1)
    assert "40 % (40 of 100) were good, and 50 failed. No number of servers" in advice.reasoning
    assert not advice.HasField("recommended_server_count")
    assert not advice.HasField("recommended_count")
    assert not infra.HasField("max_concurrency_at_slo")
    higher = answer(result(level(10, 40), level(20, 0))).recommendation
    assert "lower steps" in higher.reasoning


def test_where_no_step_misses_them_the_server_carries_at_least_as_much():
    found = answer(result(level(10, 100), level(20, 96)))
    assert found.recommendation.outcome == "at_most"
    assert (found.current_infra.max_concurrency_at_slo, found.current_infra.max_concurrency_is_at_least) == (
        20,
        True,
    )
    assert not found.current_infra.HasField("missed_concurrency")
    assert "at least 20, perhaps more" in found.recommendation.reasoning
    assert "at most 12 servers" in found.recommendation.reasoning
    assert "Fewer may do" in found.recommendation.reasoning


def test_a_client_that_was_too_slow_is_no_basis_and_the_answer_says_why():
    found = answer(result(level(10, 100), level(20, 100, limited=True)))
    assert found.recommendation.outcome == "client_limited"
    assert "too slow at 20 in flight" in found.recommendation.reasoning
    assert "99 % of a core" in found.recommendation.reasoning
    assert not found.recommendation.HasField("recommended_server_count")
    assert [one.concurrency for one in found.test_results] == [10, 20]


def test_a_client_with_difficulties_is_named_beside_the_answer():
    made = result(level(10, 100), level(20, 0))
    made.verdict.CopyFrom(result_pb2.Verdict(status="degraded", reasons=["At c=20: reads were late."]))
    advice = answer(made).recommendation
    assert advice.outcome == "recommended"
    assert "At c=20: reads were late." in advice.reasoning


def test_a_run_that_did_not_come_to_its_end_is_no_basis():
    cancelled = result(level(10, 100), level(20, 100))
    cancelled.status = "cancelled"
    cancelled.config.concurrency.append(50)
    advice = answer(cancelled).recommendation
    assert advice.outcome == "not_measured"
    assert "the run was cancelled after it had begun 2 of 3 steps" in advice.reasoning
    assert answer(result(level(10, 0, total=0))).recommendation.outcome == "not_measured"


def test_prices_are_those_that_were_said():
    infra = {**INFRA, "gpu_hourly_cost_usd": 2.5}
    assert answer(
        result(level(120, 95), level(200, 0), infra=infra)
    ).recommendation.estimated_monthly_cost_usd == (8 * 2.5 * 730)
    without_count = {"gpu_hourly_cost_usd": 2.5}
    advice = answer(result(level(120, 95), level(200, 0), infra=without_count)).recommendation
    assert not advice.HasField("estimated_monthly_cost_usd")


def test_a_peak_below_what_the_users_of_a_day_mean_on_average_is_called_too_low():
    sweep = level(10, 100), level(20, 0)
    few = answer(result(*sweep, daily_active_users=8_640)).recommendation.reasoning  # one per second, 2 s each
    assert "1 requests per second over the day, which is 2 in flight on average." in few
    many = answer(result(*sweep, daily_active_users=8_640_000)).recommendation.reasoning
    assert "more than the peak of 240, which is too low" in many


def test_steps_are_told_in_ascending_order_and_little_evidence_is_called_so():
    found = answer(result(level(20, 0), level(10, 20, total=20)))
    assert [one.concurrency for one in found.test_results] == [10, 20]
    assert "more requests would tell better" in found.recommendation.reasoning


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=5),
    st.floats(0, 1_000),
    st.floats(0, 1_000),
)
def test_more_headroom_and_stricter_objectives_never_take_fewer_servers(shares, one, other):
    def servers(goods: list[int], headroom: float) -> float:
        sweep = [level(10 * (i + 1), good, total=20) for i, good in enumerate(goods)]
        advice = answer(result(*sweep, headroom=headroom)).recommendation
        return advice.recommended_server_count if advice.HasField("recommended_server_count") else math.inf

    loose, strict = [max(pair) for pair in shares], [min(pair) for pair in shares]
    low, high = sorted((one, other))
    assert servers(loose, low) <= servers(loose, high)
    assert servers(loose, low) <= servers(strict, low)


def test_a_lower_step_that_did_worse_is_named_because_it_counts():
    advice = answer(result(level(10, 96), level(20, 100), level(40, 0))).recommendation
    assert "Of a lower step only 96 % were" in advice.reasoning
    assert (
        "Of a lower step"
        not in answer(result(level(10, 100), level(20, 96), level(40, 0))).recommendation.reasoning
    )


def test_the_same_result_is_answered_the_same():
    made = result(level(10, 100), level(20, 50))
    assert answer(made).SerializeToString(deterministic=True) == answer(made).SerializeToString(deterministic=True)
    assert isinstance(answer(made), Answer)
