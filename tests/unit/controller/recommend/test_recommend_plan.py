"""Every bound of a question about capacity, its defaults, and the run that is made of it."""

from __future__ import annotations

import pytest
from google.protobuf import json_format

from controller.recommend.plan import plan_recommendation
from loadcell.errors import LoadcellError
from loadcell.v1 import recommend_pb2


def request(**fields: object) -> recommend_pb2.CreateRecommendationRequest:
    spec = {"server_url": "http://10.0.0.7:8000/", "workload": {"peak_concurrency": 500}, **fields}
    return json_format.ParseDict(spec, recommend_pb2.CreateRecommendationRequest())


def test_defaults_are_those_documented_and_written_out():
    config = plan_recommendation(request()).config
    workload = config.recommendation.workload
    assert (config.server_url, config.adapter, config.stream, config.warmup) == (
        "http://10.0.0.7:8000",
        "openai",
        True,
        3,
    )
    assert (config.timeout, list(config.concurrency), config.num_prompts) == (120, [1, 10, 50, 100, 200], 50)
    assert (config.input_len, config.output_len) == (256, 512)
    assert (config.goodput_thresholds.ttft_ms, config.goodput_thresholds.tpot_ms) == (500, 50)
    assert not config.goodput_thresholds.HasField("e2e_ms")
    assert (workload.peak_concurrency, workload.requests_per_user_per_day) == (500, 10)
    assert (workload.avg_input_tokens, workload.avg_output_tokens) == (256, 512)
    assert (workload.ttft_target_ms, workload.tpot_target_ms, workload.goodput_target_percent) == (500, 50, 95)
    assert not workload.HasField("daily_active_users")
    assert config.recommendation.headroom_percent == 20
    assert not config.recommendation.infra.ListFields()


def test_M13_every_step_has_enough_requests_to_reach_its_concurrency():
    levels = plan_recommendation(request()).levels
    assert [(level.concurrency, level.request_count) for level in levels] == [
        (1, 50), (10, 50), (50, 200), (100, 400), (200, 800),
    ]  # fmt: skip
    test = {"concurrency_steps": [200, 1], "num_requests_per_step": 7, "requests_per_slot": 1}
    levels = plan_recommendation(request(test_config=test)).levels
    assert [(level.concurrency, level.request_count) for level in levels] == [(1, 7), (200, 200)]


def test_what_is_said_of_the_server_is_kept_and_headroom_may_be_nothing():
    infra = {"gpu_model": "H100", "gpu_count": 4, "tensor_parallelism": 4, "gpu_hourly_cost_usd": 0}
    found = plan_recommendation(request(current_infra=infra, headroom_percent=0)).config.recommendation
    assert json_format.MessageToDict(found.infra, preserving_proto_field_name=True) == infra
    assert (found.HasField("headroom_percent"), found.headroom_percent) == (True, 0)


def test_responses_that_come_whole_have_no_objective_per_token():
    config = plan_recommendation(request(stream=False)).config
    assert not config.goodput_thresholds.HasField("tpot_ms")
    assert not config.recommendation.workload.HasField("tpot_target_ms")


def test_fields_of_a_run_go_to_the_run():
    plan = plan_recommendation(
        request(
            model="m",
            adapter="openai-completions",
            api_key="target-key",
            headers={"x-team": "secret"},
            seed=5,
            tls_verify=False,
            labels={"a": "b"},
            agent_count=3,
            agent_labels={"region": "eu"},
            worker_count=2,
            force=True,
            project_id="p",
            tokenizer_asset="a" * 64,
            warmup=0,
            timeout=9,
        )
    )
    config = plan.config
    assert (config.model, config.adapter, config.seed, config.tls_verify) == ("m", "openai-completions", 5, False)
    assert (config.labels, config.agent_count, config.agent_labels) == ({"a": "b"}, 3, {"region": "eu"})
    assert (config.worker_count, config.force, config.project_id, config.warmup) == (2, True, "p", 0)
    assert (config.tokenizer_asset, config.timeout, list(config.header_names)) == ("a" * 64, 9, ["x-team"])
    assert (plan.secrets.api_key, plan.secrets.headers) == ("target-key", {"x-team": "secret"})
    assert b"target-key" not in config.SerializeToString()
    assert b"secret" not in config.SerializeToString()


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"server_url": ""}, "MISSING_REQUIRED_FIELD", "server_url"),
        ({"server_url": "ftp://x"}, "INVALID_FIELD_VALUE", "server_url"),
        ({"workload": {}}, "MISSING_REQUIRED_FIELD", "workload.peak_concurrency"),
        ({"workload": {"peak_concurrency": -1}}, "INVALID_FIELD_VALUE", "workload.peak_concurrency"),
        ({"workload": {"peak_concurrency": 10**8 + 1}}, "INVALID_FIELD_VALUE", "workload.peak_concurrency"),
        ({"headroom_percent": -0.1}, "INVALID_FIELD_VALUE", "headroom_percent"),
        ({"headroom_percent": 1_000.1}, "INVALID_FIELD_VALUE", "headroom_percent"),
        ({"headroom_percent": "NaN"}, "INVALID_FIELD_VALUE", "headroom_percent"),
        ({"warmup": -1}, "INVALID_FIELD_VALUE", "warmup"),
        ({"timeout": 0}, "INVALID_FIELD_VALUE", "timeout"),
        ({"adapter": "x"}, "INVALID_FIELD_VALUE", "adapter"),
    ],
)
def test_bounds_are_held_and_named(fields, reason, field):
    assert refusal(**fields) == (reason, field)


@pytest.mark.parametrize(
    ("where", "name", "wrong"),
    [
        ("workload", "daily_active_users", (0, 10**10 + 1)),
        ("workload", "requests_per_user_per_day", (0, 1e6 + 1, "Infinity")),
        ("workload", "avg_input_tokens", (0, 1_000_001)),
        ("workload", "avg_output_tokens", (0, 1_000_001)),
        ("workload", "ttft_target_ms", (0, -1, 86_400_001, "NaN")),
        ("workload", "tpot_target_ms", (0, -1, 86_400_001, "NaN")),
        ("workload", "goodput_target_percent", (0, 100.1, "NaN")),
        ("test_config", "concurrency_steps", ([0], [-1], [100_001], [5, 1, 5])),
        ("test_config", "num_requests_per_step", (0, 100_000_001)),
        ("test_config", "requests_per_slot", (0, 1_001)),
        ("current_infra", "gpu_model", ("x" * 1_025, "a\nb")),
        ("current_infra", "gpu_count", (0, 100_001)),
        ("current_infra", "gpu_memory_gb", (0, 1e6 + 1, "NaN")),
        ("current_infra", "tensor_parallelism", (0, 100_001)),
        ("current_infra", "gpu_hourly_cost_usd", (-1, 1e6 + 1, "NaN")),
    ],
)
def test_bounds_of_its_parts_are_held_and_named_with_their_part(where, name, wrong):
    for value in wrong:
        part = {"peak_concurrency": 1, name: value} if where == "workload" else {name: value}
        assert refusal(**{where: part}) == ("INVALID_FIELD_VALUE", f"{where}.{name}")


def test_parts_must_fit_together():
    assert refusal(test_config={"concurrency_steps": list(range(1, 102))}) == (
        "LIMIT_EXCEEDED", "test_config.concurrency_steps",
    )  # fmt: skip
    assert refusal(current_infra={"gpu_count": 2, "tensor_parallelism": 4}) == (
        "INVALID_FIELD_VALUE", "current_infra.tensor_parallelism",
    )  # fmt: skip
    assert refusal(stream=False, workload={"peak_concurrency": 1, "tpot_target_ms": 50}) == (
        "INVALID_FIELD_VALUE", "workload.tpot_target_ms",
    )  # fmt: skip


def refusal(**fields: object) -> tuple[str, str | None]:
    with pytest.raises(LoadcellError) as refused:
        plan_recommendation(request(**fields))
    return refused.value.reason, refused.value.field
