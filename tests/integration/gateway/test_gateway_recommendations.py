"""Recommendations over HTTP, with the paths, bodies and answers that clients of the first load tester know."""

from __future__ import annotations

import pytest

from loadcell.errors import LoadcellError
from loadcell.v1 import recommend_pb2

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/api/v1/benchmark/recommend"
# Every field that was documented.
BODY = {
    "server_url": "http://127.0.0.1:8000",
    "model": "m",
    "adapter": "openai",
    "workload": {
        "peak_concurrency": 500,
        "daily_active_users": 10_000,
        "requests_per_user_per_day": 10,
        "avg_input_tokens": 256,
        "avg_output_tokens": 512,
        "ttft_target_ms": 500,
        "tpot_target_ms": 50,
        "goodput_target_percent": 95,
    },
    "headroom_percent": 20,
    "test_config": {"concurrency_steps": [1, 10, 50, 100, 200], "num_requests_per_step": 50},
    "stream": True,
    "warmup": 3,
    "timeout": 120,
    "api_key": "target-key",
}
RECOMMENDATION = {
    "model_name",
    "recommended_gpu",
    "recommended_count",
    "tensor_parallelism",
    "estimated_max_concurrency",
    "estimated_goodput",
    "estimated_throughput",
    "headroom_percent",
    "calculation_formula",
    "reasoning",
    "estimated_monthly_cost_usd",
}
INFRA = {
    "gpu_model",
    "gpu_count",
    "gpu_memory_gb",
    "max_concurrency_at_slo",
    "throughput_tokens_per_sec",
    "goodput_at_max_concurrency",
    "saturation_concurrency",
    "saturation_goodput",
}


async def test_a_documented_body_starts_a_recommendation(gateway):
    answer = recommend_pb2.CreateRecommendationResponse(run_id="r1", status="started")
    gateway.controller.answers["CreateRecommendation"] = answer
    response = await gateway.http.post(PATH, json=BODY)
    assert (response.status_code, response.json()) == (200, {"run_id": "r1", "status": "started"})
    request = gateway.controller.calls[0].request
    assert (request.workload.peak_concurrency, request.workload.goodput_target_percent) == (500, 95)
    assert (list(request.test_config.concurrency_steps), request.api_key) == ([1, 10, 50, 100, 200], "target-key")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"workload": {"peak_concurency": 1}}, "workload.peak_concurency"),
        ({"test_config": {"steps": [1]}}, "test_config.steps"),
        ({"headroom": 20}, "headroom"),
        ({"workload": {"peak_concurrency": "500"}}, "workload.peak_concurrency"),
        ({"test_config": {"concurrency_steps": []}}, "test_config.concurrency_steps"),
        ({"current_infra": {"gpus": 4}}, "current_infra.gpus"),
    ],
)
async def test_F3_unknown_fields_and_wrong_types_are_refused_by_name(gateway, change, field):
    response = await gateway.http.post(PATH, json=BODY | change)
    assert (response.status_code, response.json()["error"]["field"]) == (400, field)
    assert gateway.controller.calls == []


async def test_how_far_it_is(gateway):
    gateway.controller.answers["GetRecommendation"] = recommend_pb2.GetRecommendationResponse(
        run_id="r1", status="running", server_url="http://x", model="m"
    )
    document = (await gateway.http.get(f"{PATH}/r1")).json()
    assert (document["run_id"], document["status"], document["error"]) == ("r1", "running", None)
    assert {"server_url", "model", "created_at", "started_at", "completed_at"} < set(document)


async def test_what_cannot_be_said_is_null_and_every_documented_field_is_there(gateway):
    gateway.controller.answers["GetRecommendationResult"] = recommend_pb2.GetRecommendationResultResponse(
        run_id="r1",
        recommendation=recommend_pb2.CapacityRecommendation(outcome="objectives_missed"),
        current_infra=recommend_pb2.TestedInfra(),
    )
    document = (await gateway.http.get(f"{PATH}/r1/result")).json()
    assert {"run_id", "recommendation", "current_infra", "workload", "test_results"} < set(document)
    assert {"started_at", "completed_at", "duration_seconds"} < set(document)
    assert set(document["recommendation"]) > RECOMMENDATION
    assert set(document["current_infra"]) > INFRA
    for name in ("recommended_gpu", "recommended_count", "estimated_max_concurrency"):
        assert document["recommendation"][name] is None
    assert document["current_infra"]["max_concurrency_at_slo"] is None


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (LoadcellError("RECOMMENDATION_NOT_FOUND", "there is no r1"), 404, "Recommendation run not found"),
        (LoadcellError("RUN_NOT_FINISHED", "not there yet"), 202, "Benchmark still running"),
        (LoadcellError("RECOMMENDATION_FAILED", "Recommendation failed: no"), 500, "Recommendation failed: no"),
    ],
)
async def test_statuses_and_texts_are_those_documented(gateway, error, status, detail):
    gateway.controller.answers["GetRecommendationResult"] = error
    response = await gateway.http.get(f"{PATH}/r1/result")
    assert (response.status_code, response.json()["detail"]) == (status, detail)


async def test_it_is_deleted(gateway):
    answer = recommend_pb2.DeleteRecommendationResponse(deleted="r1")
    gateway.controller.answers["DeleteRecommendation"] = answer
    response = await gateway.http.delete(f"{PATH}/r1")
    assert (response.status_code, response.json()) == (200, {"deleted": "r1"})
