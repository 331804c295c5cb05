"""The answer to a question about capacity, made of the result of its run: the same each time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from controller.recommend import reasoning
from controller.recommend.at_slo import AtSlo, Step, at_slo, saturation
from controller.recommend.sizing import Size
from loadcell.stats.differences import estimate_share
from loadcell.stats.shares import confidence_above
from loadcell.stats.verdict import CLIENT_LIMITED
from loadcell.v1 import capacity_pb2, recommend_pb2, result_pb2

RECOMMENDED: Final = "recommended"
AT_MOST: Final = "at_most"
OBJECTIVES_MISSED: Final = "objectives_missed"
NOT_MEASURED: Final = "not_measured"
HOURS_A_MONTH: Final = 730


def answer(result: result_pb2.RunResult) -> recommend_pb2.GetRecommendationResultResponse:
    """Return what the result of a run says about the question that its configuration carries."""
    question = result.config.recommendation
    levels = sorted(result.results, key=lambda level: level.concurrency)
    recommendation = recommend_pb2.CapacityRecommendation(
        model_name=result.model, headroom_percent=question.headroom_percent
    )
    infra = recommend_pb2.TestedInfra()
    for name in ("gpu_model", "gpu_count", "gpu_memory_gb"):
        if question.infra.HasField(name):
            setattr(infra, name, getattr(question.infra, name))
    planned = len(result.config.concurrency)
    if result.verdict.status == CLIENT_LIMITED:
        recommendation.outcome = CLIENT_LIMITED
        recommendation.reasoning = reasoning.of_limited_client(result)
    elif result.status != "completed" or len(levels) < planned or not all(map(_tells, levels)):
        recommendation.outcome = NOT_MEASURED
        recommendation.reasoning = reasoning.of_unmeasured(result, planned)
    else:
        _judge(recommendation, infra, levels, question, result.verdict)
    return recommend_pb2.GetRecommendationResultResponse(
        run_id=result.run_id,
        recommendation=recommendation,
        current_infra=infra,
        workload=question.workload,
        test_results=levels,
        started_at=result.started_at if result.HasField("started_at") else None,
        completed_at=result.completed_at if result.HasField("completed_at") else None,
        duration_seconds=result.duration_seconds,
        verdict=result.verdict,
        notes=result.notes,
    )


def _tells(level: result_pb2.LevelResult) -> bool:
    return level.goodput.total_requests > 0


def _step(level: result_pb2.LevelResult) -> Step:
    found = level.goodput
    return Step(level.concurrency, found.satisfied_requests, found.total_requests, level.failed_requests)


def _judge(
    recommendation: recommend_pb2.CapacityRecommendation,
    infra: recommend_pb2.TestedInfra,
    levels: Sequence[result_pb2.LevelResult],
    question: capacity_pb2.CapacityQuestion,
    verdict: result_pb2.Verdict,
) -> None:
    """Fill in what the steps say."""
    workload, steps = question.workload, [_step(level) for level in levels]
    found = at_slo(steps, workload.goodput_target_percent)
    saturated = saturation(steps)
    if saturated is not None:
        infra.saturation_concurrency = saturated.concurrency
        infra.saturation_goodput = float(saturated.goodput)
    if found.missed is not None:
        infra.missed_concurrency = found.missed.concurrency
    if found.met is None:
        recommendation.outcome = OBJECTIVES_MISSED
        recommendation.reasoning = reasoning.of_missed(steps[0], workload)
        return
    level = levels[steps.index(found.met)]
    _fill_infra(infra, found, found.met, level, workload)
    size = Size(workload.peak_concurrency, question.headroom_percent, found.concurrency)
    _fill_size(recommendation, size, level, question.infra)
    recommendation.outcome = AT_MOST if found.missed is None else RECOMMENDED
    recommendation.reasoning = " ".join(
        [
            *reasoning.of_size(found, found.met, size, infra.confidence, workload),
            *reasoning.of_daily_use(workload, level.e2e_latency.mean / 1e3),
            *reasoning.of_verdict(verdict),
        ]
    )


def _fill_infra(
    infra: recommend_pb2.TestedInfra,
    found: AtSlo,
    step: Step,
    level: result_pb2.LevelResult,
    workload: capacity_pb2.ExpectedWorkload,
) -> None:
    infra.max_concurrency_at_slo = found.concurrency
    infra.max_concurrency_is_at_least = found.missed is None
    infra.met_concurrency = step.concurrency
    if level.HasField("throughput_tokens_per_sec"):
        infra.throughput_tokens_per_sec = level.throughput_tokens_per_sec
    infra.goodput_at_max_concurrency = float(step.goodput)
    share = estimate_share(step.good, step.total)
    if share is not None and share.interval is not None:
        infra.goodput_at_max_concurrency_ci.low, infra.goodput_at_max_concurrency_ci.high = share.interval
    infra.confidence = confidence_above(step.good, step.total, workload.goodput_target_percent / 100)


def _fill_size(
    recommendation: recommend_pb2.CapacityRecommendation,
    size: Size,
    met: result_pb2.LevelResult,
    known: capacity_pb2.KnownInfra,
) -> None:
    gpus_each = known.gpu_count if known.HasField("gpu_count") else None
    recommendation.recommended_server_count = size.servers
    recommendation.estimated_max_concurrency = size.servers * size.each
    recommendation.estimated_goodput = met.goodput.goodput_percent
    if met.HasField("throughput_tokens_per_sec"):
        recommendation.estimated_throughput = size.servers * met.throughput_tokens_per_sec
    recommendation.calculation_formula = size.formula(gpus_each)
    if known.HasField("gpu_model"):
        recommendation.recommended_gpu = known.gpu_model
    if known.HasField("tensor_parallelism"):
        recommendation.tensor_parallelism = known.tensor_parallelism
    if gpus_each is not None:
        recommendation.recommended_count = size.servers * gpus_each
        if known.HasField("gpu_hourly_cost_usd"):
            hourly = recommendation.recommended_count * known.gpu_hourly_cost_usd
            recommendation.estimated_monthly_cost_usd = hourly * HOURS_A_MONTH
