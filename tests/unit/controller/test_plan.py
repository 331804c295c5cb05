"""Every bound of CreateRunRequest, and the defaults."""

from __future__ import annotations

import pytest
from google.protobuf.struct_pb2 import ListValue, Struct, Value

from controller.plan import MIN_RATE, plan_run
from loadcell.documents import render
from loadcell.errors import LoadcellError
from loadcell.pacing import schedule
from loadcell.pacing.arrivals import due_blocks
from loadcell.pacing.shares import worker_share
from loadcell.v1 import run_pb2, target_pb2


def request(**fields: object) -> run_pb2.CreateRunRequest:
    return run_pb2.CreateRunRequest(**{"server_url": "http://10.0.0.7:8000", **fields})


def refusal(**fields: object) -> tuple[str, str | None, str]:
    with pytest.raises(LoadcellError) as refused:
        plan_run(request(**fields))
    return refused.value.reason, refused.value.field, refused.value.message


def test_defaults_are_written_out():
    plan = plan_run(request())
    config = plan.config
    assert (config.adapter, list(config.concurrency), config.num_prompts) == ("openai", [1], 100)
    assert (config.input_len, config.output_len, config.stream, config.warmup) == (256, 128, True, 3)
    assert (config.timeout, config.agent_count, config.worker_count) == (120, 1, 0)
    assert (config.timeline, config.tls_verify, config.HasField("duration_seconds")) == (True, True, False)
    (level,) = plan.levels
    assert (level.concurrency, level.request_count, level.duration_micros, level.warmup_count) == (1, 100, 0, 3)


def test_all_requests_are_kept_unless_a_part_or_none_is_asked_for():
    config = plan_run(request()).config
    assert (config.trace_sample_rate, config.sketch_only) == (1.0, False)
    assert plan_run(request(trace_sample_rate=0.25)).config.trace_sample_rate == 0.25
    config = plan_run(request(sketch_only=True)).config
    assert (config.HasField("trace_sample_rate"), config.sketch_only) == (False, True)
    for wrong in (0.0, -0.1, 1.01, float("nan")):
        assert refusal(trace_sample_rate=wrong)[:2] == ("INVALID_FIELD_VALUE", "trace_sample_rate")
    assert refusal(trace_sample_rate=1.0, sketch_only=True)[:2] == ("INVALID_FIELD_VALUE", "trace_sample_rate")


def test_zero_is_not_the_default():
    config = plan_run(request(warmup=0, stream=False, tls_verify=False, agent_count=0, timeline=False)).config
    assert (config.warmup, config.stream, config.tls_verify, config.agent_count, config.timeline) == (
        0, False, False, 0, False,
    )  # fmt: skip


def test_closed_levels_keep_their_order_and_may_repeat():
    levels = plan_run(request(concurrency=[5, 1, 5], num_prompts=20)).levels
    assert [(level.index, level.concurrency, level.rate) for level in levels] == [(0, 5, 0), (1, 1, 0), (2, 5, 0)]


def test_open_levels():
    plan = plan_run(
        request(rate=[2.5, 100], arrival=target_pb2.ARRIVAL_POISSON, duration_seconds=1.5, max_concurrency=7)
    )
    assert [level.rate for level in plan.levels] == [2.5, 100]
    level = plan.levels[0]
    assert (level.concurrency, level.request_count, level.duration_micros) == (0, 0, 1_500_000)
    assert (level.arrival, level.max_concurrency) == (target_pb2.ARRIVAL_POISSON, 7)
    assert plan_run(request(rate=[1])).levels[0].arrival == target_pb2.ARRIVAL_CONSTANT


@pytest.mark.parametrize("arrival", [target_pb2.ARRIVAL_CONSTANT, target_pb2.ARRIVAL_POISSON])
@pytest.mark.parametrize(
    "fields", [{"duration_seconds": 604_800}, {"num_prompts": 7}, {"num_prompts": 1}, {"duration_seconds": 0.001}]
)
def test_due_times_of_the_lowest_rate_can_be_computed(arrival: int, fields: dict[str, float]):
    (level,) = plan_run(request(rate=[MIN_RATE], arrival=arrival, **fields)).levels
    poisson = arrival == target_pb2.ARRIVAL_POISSON
    bound = {"count": level.request_count or None, "duration_ns": level.duration_micros * 1_000}
    whole = worker_share(concurrency=0, max_concurrency=0, share=0, shares=1, worker=0, workers=1)
    blocks = list(due_blocks(level.rate, poisson=poisson, seed=1, level=0, **bound))
    if poisson:
        each = list(schedule.poisson(level.rate, whole, seed=1, level=0, **bound))
    else:
        each = list(schedule.constant(level.rate, whole, **bound))
    assert [due for block in blocks for due in block.tolist()] == [due for _, due in each]


def test_a_rate_that_is_too_low_is_told_what_to_do():
    assert refusal(rate=[1e-300])[2] == "rate must be at least 1.16e-05, one request a day, not 1e-300"
    assert refusal(rate=[0.5], num_prompts=302_401)[2] == (
        "302,401 requests at rate 0.5 take longer than a level may, 604,800 seconds; raise the rate or lower"
        " num_prompts"
    )
    plan_run(request(rate=[0.5], num_prompts=302_400))


def test_shortest_duration_is_still_bounded_by_time():
    assert plan_run(request(duration_seconds=1e-9)).levels[0].duration_micros == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"concurrency": [0]}, "concurrency"),
        ({"concurrency": [-1]}, "concurrency"),
        ({"concurrency": [100_001], "num_prompts": 200_000}, "concurrency"),
        ({"concurrency": [1], "rate": [1]}, "rate"),
        ({"rate": [0]}, "rate"),
        ({"rate": [float("nan")]}, "rate"),
        ({"rate": [float("inf")]}, "rate"),
        ({"rate": [1e8]}, "rate"),
        ({"rate": [1e-300]}, "rate"),
        ({"rate": [1.0, 1e-12], "duration_seconds": 1}, "rate"),
        ({"rate": [5e-324], "num_prompts": 1}, "rate"),
        ({"rate": [1.0], "num_prompts": 604_801}, "rate"),
        ({"rate": [1e-4]}, "rate"),
        ({"rate": [1], "max_concurrency": 0}, "max_concurrency"),
        ({"max_concurrency": 5}, "max_concurrency"),
        ({"arrival": target_pb2.ARRIVAL_POISSON}, "arrival"),
        ({"rate": [1], "arrival": 17}, "arrival"),
        ({"concurrency": [1], "arrival": 77}, "arrival"),
        ({"framework": "x" * 1025}, "framework"),
        ({"num_prompts": 0}, "num_prompts"),
        ({"num_prompts": 100_000_001}, "num_prompts"),
        ({"num_prompts": 5, "duration_seconds": 5}, "duration_seconds"),
        ({"duration_seconds": 0}, "duration_seconds"),
        ({"duration_seconds": float("nan")}, "duration_seconds"),
        ({"duration_seconds": 604_801}, "duration_seconds"),
        ({"input_len": 0}, "input_len"),
        ({"output_len": 1_000_001}, "output_len"),
        ({"warmup": -1}, "warmup"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": float("inf")}, "timeout"),
        ({"agent_count": 10_001}, "agent_count"),
        ({"worker_count": -1}, "worker_count"),
        ({"goodput_thresholds": target_pb2.GoodputThresholds(ttft_ms=0)}, "goodput_thresholds.ttft_ms"),
        ({"goodput_thresholds": target_pb2.GoodputThresholds(e2e_ms=float("nan"))}, "goodput_thresholds.e2e_ms"),
        ({"adapter": "triton"}, "adapter"),
        ({"model": "a\nb"}, "model"),
        ({"labels": {"": "x"}}, "labels"),
        ({"labels": {"k": "v" * 257}}, "labels"),
        ({"labels": {str(n): "" for n in range(65)}}, "labels"),
        ({"headers": {"x-a": "b\r\nx-c: d"}}, "headers"),
        ({"headers": {"x a": "b"}}, "headers"),
        ({"headers": {"Content-Length": "1"}}, "headers"),
        ({"headers": {f"x-{n}": "" for n in range(65)}}, "headers"),
        ({"api_key": "a\nb"}, "api_key"),
        ({"tokenizer_asset": "abc"}, "tokenizer_asset"),
        ({"dataset_asset": "G" * 64}, "dataset_asset"),
        ({"framework_config": Struct(), "vllm_config": Struct()}, "vllm_config"),
    ],
)
def test_out_of_bounds_names_the_field(fields, field):
    reason, found, _ = refusal(**fields)
    assert found == field
    assert reason in ("INVALID_FIELD_VALUE", "INVALID_FIELD_FORMAT", "LIMIT_EXCEEDED")


def test_unusable_url_names_the_field():
    assert refusal(server_url="http://host:0")[:2] == ("INVALID_FIELD_VALUE", "server_url")


def test_missing_url():
    assert refusal(server_url="")[:2] == ("MISSING_REQUIRED_FIELD", "server_url")


def test_url_is_kept_without_trailing_slashes():
    assert (
        plan_run(request(server_url="https://[::1]:8443/prefix//")).config.server_url
        == "https://[::1]:8443/prefix"
    )


def test_M13_fewer_requests_than_concurrency_is_an_error():
    reason, field, message = refusal(concurrency=[1, 200], num_prompts=50)
    assert (reason, field) == ("INVALID_FIELD_VALUE", "num_prompts")
    assert "50" in message
    assert "200" in message
    assert "(the default)" in refusal(concurrency=[101])[2]
    plan_run(request(concurrency=[200], duration_seconds=1))


def test_F2_messages_hold_the_value():
    assert refusal(concurrency=[1, 0])[2] == "concurrency must be from 1 to 100,000, not 0"


def test_unknown_adapter_lists_the_known_ones():
    assert refusal(adapter="trtllm")[2] == "adapter 'trtllm' is not known; known: openai, openai-completions"


def test_F3_older_name_of_the_framework_config_is_kept():
    settings = Struct()
    settings.update({"quantization": "fp8"})
    config = plan_run(request(framework="vllm", vllm_config=settings)).config
    assert (config.framework, config.framework_config["quantization"]) == ("vllm", "fp8")


def deep(levels: int) -> Struct:
    """Return settings of so many levels, the innermost of which is null."""
    value = Value(null_value=0)
    for level in range(levels - 1):
        kind = (
            {"struct_value": Struct(fields={"a": value})}
            if level % 2
            else {"list_value": ListValue(values=[value])}
        )
        value = Value(**kind)
    return Struct(fields={"a": value})


@pytest.mark.parametrize("name", ["framework_config", "vllm_config"])
@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"a": Value(number_value=float("nan"))}, ".a"),
        ({"a": Value(number_value=float("-inf"))}, ".a"),
        ({"a": Value(list_value=ListValue(values=[Value(), Value(), Value(number_value=float("inf"))]))}, ".a[2]"),
        ({"a": Value(struct_value=Struct(fields={"b.c": Value(number_value=float("nan"))}))}, ".a.b.c"),
        ({"a": Value(string_value="x\0")}, ".a"),
        ({"a": Value(struct_value=Struct(fields={"b\0": Value()}))}, ".a"),
        ({"\0": Value()}, ""),
    ],
)
def test_settings_that_no_answer_could_show_are_refused_by_path(name: str, fields: dict[str, Value], where: str):
    assert refusal(**{name: Struct(fields=fields)})[:2] == ("INVALID_FIELD_VALUE", f"{name}{where}")


def test_long_names_of_settings_do_not_make_long_errors():
    wrong = Value(number_value=float("nan"))
    _, field, message = refusal(framework_config=Struct(fields={"k" * 60_000: wrong}))
    assert len(field or "") + len(message) < 600


def test_settings_are_nested_as_deep_as_in_a_document():
    assert plan_run(request(framework_config=deep(19))).config.framework_config == deep(19)
    for levels in (20, 31):
        assert refusal(framework_config=deep(levels))[:2] == ("LIMIT_EXCEEDED", "framework_config")


def test_a_setting_without_a_value_is_null():
    settings = Struct(fields={"a": Value()})
    assert render(plan_run(request(framework_config=settings)).config)["framework_config"] == {"a": None}


def test_S1_secrets_are_in_no_text():
    plan = plan_run(request(api_key="sk-secret", headers={"authorization": "tenant-secret"}))
    assert (plan.secrets.api_key, plan.secrets.headers) == ("sk-secret", {"authorization": "tenant-secret"})
    assert "secret" not in repr(plan) + repr(plan.secrets)
    for fields in (
        {"api_key": "sk-secret\n"},
        {"headers": {"x-a": "secret\n"}},
        {"server_url": "http://u:secret@h"},
    ):
        assert "secret" not in refusal(**fields)[2]


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"num_prompts": 1_000_000}, True),
        ({"num_prompts": 600_000, "concurrency": [1, 2]}, False),
        ({"rate": [100_000], "duration_seconds": 20}, False),
        ({"rate": [100_000], "duration_seconds": 20, "timeline": True}, True),
        ({"duration_seconds": 100}, True),
    ],
)
def test_timelines_are_kept_up_to_a_million_requests(fields, kept):
    assert plan_run(request(**fields)).config.timeline is kept


def test_agents_are_asked_for_by_labels():
    config = plan_run(request(agent_labels={"region": "eu"}, agent_count=3, force=True)).config
    assert (dict(config.agent_labels), config.agent_count, config.force) == ({"region": "eu"}, 3, True)
    assert not plan_run(request()).config.force


@pytest.mark.parametrize("labels", [{"": "a"}, {"k" * 257: ""}, {"k": "v" * 257}])
def test_labels_of_agents_are_bounded(labels: dict[str, str]):
    assert refusal(agent_labels=labels)[:2] == ("INVALID_FIELD_VALUE", "agent_labels")
    plan_run(request(agent_labels={"k" * 256: "v" * 256}))


def test_no_more_labels_than_an_agent_can_have():
    labels = {str(n): "" for n in range(64)}
    plan_run(request(agent_labels=labels))
    assert refusal(agent_labels=labels | {"64": ""})[:2] == ("LIMIT_EXCEEDED", "agent_labels")


def test_a_count_among_the_labels_is_a_mistake():
    reason, field, message = refusal(agent_labels={"region": "eu", "count": "3"})
    assert (reason, field) == ("INVALID_FIELD_VALUE", "agent_labels")
    assert "the number of agents is agent_count: 3" in message


def test_a_level_has_as_many_requests_as_its_concurrency_asks_for():
    plan = plan_run(request(concurrency=[1, 5, 40], num_prompts=20, requests_per_slot=4))
    assert [level.request_count for level in plan.levels] == [20, 20, 160]
    assert plan.config.requests_per_slot == 4
    assert plan_run(request(concurrency=[10_000], num_prompts=1, requests_per_slot=100)).config.timeline
    assert not plan_run(request(concurrency=[10_001], num_prompts=1, requests_per_slot=100)).config.timeline
    for wrong in (0, 1_001):
        assert refusal(requests_per_slot=wrong)[:2] == ("INVALID_FIELD_VALUE", "requests_per_slot")
    for other in ({"rate": [1.0]}, {"duration_seconds": 1.0}):
        assert refusal(requests_per_slot=1, **other)[:2] == ("INVALID_FIELD_VALUE", "requests_per_slot")
