"""What sets the plans of compared runs apart."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from controller.query.compare import compare
from controller.query.setting_differences import MAX_CHARACTERS, SETTINGS, setting_differences
from loadcell.v1 import result_pb2, run_pb2, target_pb2

TEXTS = Path(__file__).parents[3] / "gateway" / "web" / "app" / "texts" / "run-settings.js"
LEFT_OUT = {  # of RunConfig, and why or for what
    "concurrency": "levels_not_compared",
    "rate": "levels_not_compared",
    "trace_sample_rate": "percentiles",
    "sketch_only": "percentiles",
    "framework_config": "may hold anything, secrets too",
    "seed": "other prompts of the same kind",
    **dict.fromkeys(("labels", "project_id", "provider", "environment", "service_name"), "filing"),
    **dict.fromkeys(("user_id", "session_id", "tags"), "filing"),
    **dict.fromkeys(("timeline", "record_texts", "redact_texts"), "what is kept"),
    **dict.fromkeys(
        ("tls_verify", "allowed_targets", "force", "recommendation", "validation_config"), "no figure"
    ),
}


def result(
    run_id: str, *concurrency: int, rates: tuple[float, ...] = (), **config: object
) -> result_pb2.RunResult:
    about = {
        "input_len": 512,
        "output_len": 128,
        "stream": True,
        "warmup": 3,
        "timeout": 120.0,
        "num_prompts": 100,
    }
    made = result_pb2.RunResult(
        run_id=run_id, model="A", server_url="http://10.0.0.7:8000", adapter="openai", percentiles="exact"
    )
    made.config.CopyFrom(result_pb2.RunConfig(**{**about, **config}))  # type: ignore[arg-type]
    for level in concurrency:
        made.results.add(concurrency=level)
    for rate in rates:
        made.results.add(requested_rate=rate)
    return made


def told(*results: result_pb2.RunResult) -> list[tuple[str, str, str, str]]:
    return [(one.run_id, one.setting, one.base_value, one.value) for one in setting_differences(results)]


def test_runs_of_the_same_plan_have_no_differences() -> None:
    again = result("b", 1, 10, seed=7, labels={"a": "b"}, project_id="p", record_texts=True, tags=["t"])
    assert told(result("a", 1, 10), again) == []


def test_another_workload_on_another_model_is_told_from_the_weightiest_on() -> None:
    other = result("b", 1, 10, input_len=64, warmup=0, stream=False)
    other.model = "B"
    assert told(result("a", 1, 10), other) == [
        ("b", "model", "A", "B"),
        ("b", "input_len", "512 tokens", "64 tokens"),
        ("b", "stream", "yes", "no"),
        ("b", "warmup", "3 requests", "0 requests"),
    ]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            {"dataset_asset": "f" * 64},
            {"dataset_asset": ("none", "f" * 12), "input_len": ("512 tokens", "as in the dataset")},
        ),
        ({"tokenizer_asset": "e" * 64}, {"tokenizer_asset": ("none", "e" * 12)}),
        ({"output_len": 4_096}, {"output_len": ("128 tokens", "4,096 tokens")}),
        ({"arrival": target_pb2.ARRIVAL_POISSON}, {"arrival": ("closed loop", "poisson")}),
        ({"max_concurrency": 8}, {"max_concurrency": ("none", "8")}),
        ({"requests_per_slot": 5}, {"requests_per_slot": ("none", "5 requests")}),
        (
            {"num_prompts": None, "duration_seconds": 60.0},
            {"num_prompts": ("100 requests", "none"), "duration_seconds": ("none", "60 s")},
        ),
        ({"timeout": 0.5}, {"timeout": ("120 s", "0.5 s")}),
        (
            {"goodput_thresholds": target_pb2.GoodputThresholds(ttft_ms=200, e2e_ms=1_500.5)},
            {
                "goodput_thresholds.ttft_ms": ("none", "200 ms"),
                "goodput_thresholds.e2e_ms": ("none", "1,500.5 ms"),
            },
        ),
        ({"header_names": ["X-Tier", "Accept"]}, {"header_names": ("none", "accept, x-tier")}),
        ({"agent_count": 4}, {"agent_count": ("1", "4")}),
        ({"agent_count": 1}, {}),  # 0 is one as well
        ({"agent_labels": {"region": "eu", "disk": "fast"}}, {"agent_labels": ("none", "disk=fast, region=eu")}),
        ({"worker_count": 2}, {"worker_count": ("all", "2")}),
        ({"framework": "vllm"}, {"framework": ("none", "vllm")}),
    ],
)
def test_each_setting_says_both_values(config: dict[str, object], expected: dict[str, tuple[str, str]]) -> None:
    found = told(result("a", 1), result("b", 1, **config))
    assert {setting: (base, value) for _, setting, base, value in found} == expected


def test_two_datasets_have_prompts_as_long_as_they_are() -> None:
    found = told(result("a", 1, dataset_asset="a" * 64), result("b", 1, dataset_asset="b" * 64, input_len=64))
    assert [setting for _, setting, *_ in found] == ["dataset_asset"]


def test_levels_without_a_counterpart_are_named() -> None:
    found = told(result("a", 1, 10, 10), result("b", 10, 1, rates=(0.5,)), result("c", 10, 1, 10))
    assert found == [("b", "levels_not_compared", "c=10", "0.5/s")]


def test_every_further_run_is_held_against_the_first_in_their_order() -> None:
    runs = [result("base", 1), *(result(name, 1, input_len=64) for name in ("z", "y", "x"))]
    assert [run_id for run_id, *_ in told(*runs)] == ["z", "y", "x"]


def test_the_order_of_labels_and_headers_changes_nothing() -> None:
    names = [f"label-{number}" for number in range(20)]
    shuffled = random.Random(3).sample(names, len(names))
    first, second = (
        result(run_id, 1, agent_labels=dict.fromkeys(keys, "x"), header_names=keys)
        for run_id, keys in (("a", names), ("b", shuffled))
    )
    assert told(first, second) == []
    base = result("base", 1)
    assert [found[1:] for found in told(base, first)] == [found[1:] for found in told(base, second)]


def test_no_secret_is_shown() -> None:
    base, other = result("a", 1), result("b", 1, framework_config={"api_key": "hidden"})
    other.server_url = "https://user:hidden@10.0.0.8:8000/v1?key=hidden#hidden"
    (found,) = told(base, other)
    assert found == ("b", "server_url", "http://10.0.0.7:8000", "https://10.0.0.8:8000/v1")
    same = result("c", 1)
    same.server_url = "http://user:hidden@10.0.0.7:8000"
    assert told(base, same) == []


def test_values_are_bounded_and_keep_where_they_differ() -> None:
    base, other = result("a", *range(1, 1_001)), result("b", 2_000)
    base.model, other.model = "m" * 1_000 + "-fp8", "m" * 1_000 + "-fp4"
    found = list(setting_differences([base, other]))
    assert [one.setting for one in found] == ["model", "levels_not_compared"]
    assert all(len(value) <= MAX_CHARACTERS for one in found for value in (one.base_value, one.value))
    assert (found[0].base_value[-4:], found[0].value[-4:]) == ("-fp8", "-fp4")


def test_a_comparison_has_them() -> None:
    (found,) = compare([result("a", 1), result("b", 1, input_len=64)]).setting_differences
    assert found == run_pb2.SettingDifference(
        run_id="b", setting="input_len", base_value="512 tokens", value="64 tokens"
    )


def test_every_field_of_a_plan_is_compared_or_left_out_for_a_reason() -> None:
    fields = {field.name for field in result_pb2.RunConfig.DESCRIPTOR.fields}
    assert fields == ({name.split(".")[0] for name in SETTINGS} - {"percentiles"}) | LEFT_OUT.keys()


def test_the_dashboard_has_a_name_for_each() -> None:
    english = TEXTS.read_text(encoding="utf-8").split("export const ko")[0]
    named = re.findall(r'^  "?([a-z0-9_.]+)"?: "', english, re.MULTILINE)
    assert named == [*SETTINGS, "levels_not_compared"]
