"""Flags that are left out mean what the contract says of fields that are."""

from inspect import signature

from controller.recommend.plan import plan_recommendation
from loadcell.cli.flags import parse_concurrency
from loadcell.cli.recommend import recommend
from loadcell.v1 import capacity_pb2, recommend_pb2


def test_the_defaults_of_the_flags_are_those_of_the_fields() -> None:
    flags = {name: parameter.default for name, parameter in signature(recommend).parameters.items()}
    config = plan_recommendation(
        recommend_pb2.CreateRecommendationRequest(
            server_url="http://127.0.0.1:8000",
            model="m",
            workload=capacity_pb2.ExpectedWorkload(peak_concurrency=5),
        )
    ).config
    workload = config.recommendation.workload
    assert {
        "ttft": workload.ttft_target_ms,
        "goodput_target": workload.goodput_target_percent,
        "requests_per_day": workload.requests_per_user_per_day,
        "input_len": workload.avg_input_tokens,
        "output_len": workload.avg_output_tokens,
        "headroom": config.recommendation.headroom_percent,
        "num_requests": config.num_prompts,
        "requests_per_slot": config.requests_per_slot,
        "stream": config.stream,
        "warmup": config.warmup,
        "timeout": config.timeout,
        "adapter": config.adapter,
        "tls_verify": config.tls_verify,
    }.items() <= flags.items()
    assert parse_concurrency(flags["steps"]) == list(config.concurrency)
    # Said by the help alone: a response that comes whole has none.
    assert (flags["tpot"], workload.tpot_target_ms) == (None, 50.0)
