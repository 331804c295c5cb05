"""From a question about capacity to the run that answers it: bounds are checked, defaults written out. Pure."""

from __future__ import annotations

from itertools import pairwise

from google.protobuf.message import Message

from controller.bounds import in_range, real, text
from controller.plan import RunPlan, plan_run
from loadcell.errors import LoadcellError
from loadcell.protocol import (
    MAX_CONCURRENCY,
    MAX_GPUS,
    MAX_PEAK,
    MAX_REQUESTS,
    MAX_REQUESTS_PER_SLOT,
    MAX_TIMEOUT_SECONDS,
    MAX_TOKENS,
    MAX_USERS,
)
from loadcell.v1 import capacity_pb2, recommend_pb2, run_pb2, target_pb2

DEFAULT_STEPS = (1, 10, 50, 100, 200)
MAX_STEPS = 100
MAX_HEADROOM_PERCENT = 1_000
_MAX_TARGET_MS = MAX_TIMEOUT_SECONDS * 1e3
_MILLION = 1e6
# Fields that mean the same here and in a request for a run.
_SHARED = (
    "server_url",
    "model",
    "adapter",
    "api_key",
    "tokenizer_asset",
    "force",
    "project_id",
    "request_id",
    "validate_only",
    "acknowledge_load",
)
_SHARED_OPTIONAL = ("stream", "warmup", "timeout", "tls_verify", "seed", "agent_count", "worker_count")
_SHARED_MAPS = ("headers", "labels", "agent_labels")


def plan_recommendation(request: recommend_pb2.CreateRecommendationRequest) -> RunPlan:
    """Check a question and return the run that answers it.

    Raises:
        LoadcellError: as `plan_run`, with the names of the fields of this request.
    """
    headroom = request.headroom_percent if request.HasField("headroom_percent") else 20.0
    question = capacity_pb2.CapacityQuestion(
        workload=_workload(request),
        headroom_percent=real("headroom_percent", headroom, 0, MAX_HEADROOM_PERCENT),
        infra=_infra(request.current_infra),
    )
    plan = plan_run(_run(request, question.workload))
    plan.config.recommendation.CopyFrom(question)
    return plan


def _workload(request: recommend_pb2.CreateRecommendationRequest) -> capacity_pb2.ExpectedWorkload:
    asked = request.workload
    if not asked.peak_concurrency:
        raise LoadcellError(
            "MISSING_REQUIRED_FIELD",
            f"workload.peak_concurrency is required, from 1 to {MAX_PEAK:,}",
            field="workload.peak_concurrency",
        )
    streamed = request.stream or not request.HasField("stream")
    if asked.HasField("tpot_target_ms") and not streamed:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            "workload.tpot_target_ms needs stream: a response that comes whole has no time per token",
            field="workload.tpot_target_ms",
        )
    found = capacity_pb2.ExpectedWorkload(
        peak_concurrency=in_range("workload.peak_concurrency", asked.peak_concurrency, 1, MAX_PEAK),
        requests_per_user_per_day=_real(asked, "workload", "requests_per_user_per_day", 10.0, _MILLION),
        avg_input_tokens=_whole(asked, "workload", "avg_input_tokens", 256, MAX_TOKENS),
        avg_output_tokens=_whole(asked, "workload", "avg_output_tokens", 512, MAX_TOKENS),
        ttft_target_ms=_real(asked, "workload", "ttft_target_ms", 500.0, _MAX_TARGET_MS),
        goodput_target_percent=_real(asked, "workload", "goodput_target_percent", 95.0, 100.0),
    )
    if streamed:
        found.tpot_target_ms = _real(asked, "workload", "tpot_target_ms", 50.0, _MAX_TARGET_MS)
    if asked.HasField("daily_active_users"):
        found.daily_active_users = _whole(asked, "workload", "daily_active_users", 1, MAX_USERS)
    return found


def _infra(asked: capacity_pb2.KnownInfra) -> capacity_pb2.KnownInfra:
    """Check what is said of the tested server; what is not said stays unset."""
    where, found = "current_infra", capacity_pb2.KnownInfra()
    found.CopyFrom(asked)
    text(f"{where}.gpu_model", asked.gpu_model)
    _whole(asked, where, "gpu_count", 1, MAX_GPUS)
    _whole(asked, where, "tensor_parallelism", 1, MAX_GPUS)
    _real(asked, where, "gpu_memory_gb", 1.0, _MILLION)
    real(f"{where}.gpu_hourly_cost_usd", asked.gpu_hourly_cost_usd, 0, _MILLION)
    if asked.HasField("gpu_count") and asked.tensor_parallelism > asked.gpu_count:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"{where}.tensor_parallelism is {asked.tensor_parallelism:,}, of {asked.gpu_count:,} GPUs",
            field=f"{where}.tensor_parallelism",
        )
    return found


def _run(
    request: recommend_pb2.CreateRecommendationRequest, workload: capacity_pb2.ExpectedWorkload
) -> run_pb2.CreateRunRequest:
    """Return the run: a step for each concurrency, with enough requests to reach it."""
    test, where = request.test_config, "test_config"
    run = run_pb2.CreateRunRequest(
        concurrency=_steps(test),
        num_prompts=_whole(test, where, "num_requests_per_step", 50, MAX_REQUESTS),
        requests_per_slot=_whole(test, where, "requests_per_slot", 4, MAX_REQUESTS_PER_SLOT),
        input_len=workload.avg_input_tokens,
        output_len=workload.avg_output_tokens,
        goodput_thresholds=target_pb2.GoodputThresholds(
            ttft_ms=workload.ttft_target_ms,
            tpot_ms=workload.tpot_target_ms if workload.HasField("tpot_target_ms") else None,
        ),
    )
    for name in (*_SHARED, *(name for name in _SHARED_OPTIONAL if request.HasField(name))):
        setattr(run, name, getattr(request, name))
    for name in _SHARED_MAPS:
        getattr(run, name).update(getattr(request, name))
    return run


def _steps(test: recommend_pb2.CapacityTest) -> list[int]:
    where = "test_config.concurrency_steps"
    if len(test.concurrency_steps) > MAX_STEPS:
        raise LoadcellError("LIMIT_EXCEEDED", f"{where} has more than {MAX_STEPS} entries", field=where)
    steps = sorted(in_range(where, step, 1, MAX_CONCURRENCY) for step in test.concurrency_steps or DEFAULT_STEPS)
    for step, following in pairwise(steps):
        if step == following:
            raise LoadcellError("INVALID_FIELD_VALUE", f"{where} has {step:,} twice", field=where)
    return steps


def _whole(message: Message, where: str, name: str, default: int, high: int) -> int:
    """Return an optional field of a part of the request, from 1 on, or its default."""
    given: int = getattr(message, name) if message.HasField(name) else default
    return in_range(f"{where}.{name}", given, 1, high)


def _real(message: Message, where: str, name: str, default: float, high: float) -> float:
    """Return an optional field of a part of the request, above 0, or its default."""
    given: float = getattr(message, name) if message.HasField(name) else default
    return real(f"{where}.{name}", given, 0.0, high, above=True)
