"""JSON documents to messages."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcell.documents import load, parse, render
from loadcell.errors import LoadcellError
from loadcell.v1 import agent_pb2, fleet_pb2, result_pb2, run_pb2, sample_pb2, target_pb2, trace_pb2


def refused(message_class, data) -> LoadcellError:
    with pytest.raises(LoadcellError) as caught:
        parse(message_class, data)
    return caught.value


def test_a_whole_specification_is_read():
    request = parse(
        run_pb2.CreateRunRequest,
        {
            "server_url": "http://127.0.0.1:8000",
            "concurrency": [1, 10],
            "num_prompts": 100,
            "stream": False,
            "timeout": 30,
            "goodput_thresholds": {"ttft_ms": 500},
            "labels": {"k": "v"},
            "arrival": "poisson",
            "framework_config": {"gpu": 0.9},
        },
    )
    assert list(request.concurrency) == [1, 10]
    assert request.HasField("stream")
    assert not request.stream
    assert request.timeout == 30.0
    assert request.goodput_thresholds.ttft_ms == 500.0
    assert not request.goodput_thresholds.HasField("tpot_ms")
    assert request.labels == {"k": "v"}
    assert request.arrival == target_pb2.ARRIVAL_POISSON
    assert request.framework_config["gpu"] == 0.9


def test_F3_unknown_fields_are_refused_and_not_ignored():
    error = refused(run_pb2.CreateRunRequest, {"server_url": "x", "config": {"num_requests": 1}})
    assert (error.reason, error.field) == ("UNKNOWN_FIELD", "config")
    error = refused(run_pb2.CreateRunRequest, {"goodput_thresholds": {"ttft": 5}})
    assert error.field == "goodput_thresholds.ttft"
    assert "did you mean ttft_ms" in error.message


@pytest.mark.parametrize("name", ["concurrency", "rate"])
def test_an_empty_list_of_levels_is_refused_and_not_taken_for_the_default(name: str):
    error = refused(run_pb2.CreateRunRequest, {"server_url": "http://h", name: []})
    assert (error.reason, error.field) == ("INVALID_FIELD_VALUE", name)
    assert name not in render(run_pb2.CreateRunRequest())
    assert parse(run_pb2.CompareRunsRequest, {"run_ids": []}) == run_pb2.CompareRunsRequest()


def test_null_means_not_set():
    request = parse(
        run_pb2.CreateRunRequest,
        {"api_key": None, "num_prompts": None, "goodput_thresholds": None, "labels": None},
    )
    assert request == run_pb2.CreateRunRequest()


def test_an_empty_object_sets_its_message():
    assert parse(run_pb2.CreateRunRequest, {"goodput_thresholds": {}}).HasField("goodput_thresholds")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"num_prompts": "100"}, "num_prompts"),
        ({"num_prompts": 1.5}, "num_prompts"),
        ({"num_prompts": 100.0}, "num_prompts"),
        ({"num_prompts": True}, "num_prompts"),
        ({"timeout": "1"}, "timeout"),
        ({"timeout": False}, "timeout"),
        ({"stream": 1}, "stream"),
        ({"stream": "true"}, "stream"),
        ({"server_url": 7}, "server_url"),
        ({"concurrency": 1}, "concurrency"),
        ({"concurrency": [1, "2"]}, "concurrency[1]"),
        ({"concurrency": [None]}, "concurrency[0]"),
        ({"goodput_thresholds": []}, "goodput_thresholds"),
        ({"goodput_thresholds": {"ttft_ms": "5"}}, "goodput_thresholds.ttft_ms"),
        ({"labels": []}, "labels"),
        ({"labels": {"k": 1}}, "labels.k"),
        ({"arrival": 1}, "arrival"),
        ({"framework_config": [1]}, "framework_config"),
    ],
)
def test_wrong_types_are_refused_by_path(data, field):
    error = refused(run_pb2.CreateRunRequest, data)
    assert (error.reason, error.field) == ("INVALID_FIELD_FORMAT", field)


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 2**63])
def test_integers_outside_their_type_are_refused(value):
    error = refused(run_pb2.CreateRunRequest, {"num_prompts": value})
    assert (error.reason, error.field) == ("INVALID_FIELD_VALUE", "num_prompts")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_refused(value):
    assert refused(run_pb2.CreateRunRequest, {"timeout": value}).field == "timeout"
    assert refused(run_pb2.CreateRunRequest, {"framework_config": {"a": [value]}}).field == "framework_config.a[0]"


@pytest.mark.parametrize("word", ["poisson", "POISSON", "ARRIVAL_POISSON", "arrival_poisson"])
def test_enums_are_read_in_either_case_with_and_without_prefix(word):
    assert parse(run_pb2.CreateRunRequest, {"arrival": word}).arrival == target_pb2.ARRIVAL_POISSON


def test_an_unknown_enum_word_is_refused_with_the_allowed_ones():
    error = refused(run_pb2.CreateRunRequest, {"arrival": "gamma"})
    assert error.reason == "INVALID_FIELD_VALUE"
    assert "constant, poisson" in error.message


@pytest.mark.parametrize("data", [[], "x", 1, None, True])
def test_a_document_that_is_not_an_object_is_refused(data):
    assert refused(run_pb2.CreateRunRequest, data).reason == "INVALID_REQUEST"


@pytest.mark.parametrize("text", ["yesterday", "2026-01-31T12:00:00", "0001-01-01T00:00:00+14:00", ""])
def test_malformed_times_are_refused(text):
    error = refused(run_pb2.Run, {"started_at": text})
    assert (error.reason, error.field) == ("INVALID_FIELD_FORMAT", "started_at")


def test_times_of_other_zones_become_utc():
    run = parse(run_pb2.Run, {"started_at": "2026-01-31T12:00:00+02:00"})
    assert render(run)["started_at"] == "2026-01-31T10:00:00.000000Z"


def filter_of(depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {"field": "tags", "operator": "in", "value": ["a"]}
    for _ in range(depth - 1):
        found = {"operator": "NOT", "filters": [found]}
    return {"filter": found}


def test_messages_that_contain_themselves_are_read_as_deep_as_protobuf_can_carry():
    deepest = parse(trace_pb2.SearchTracesRequest, filter_of(30))
    assert trace_pb2.SearchTracesRequest.FromString(deepest.SerializeToString()) == deepest
    for depth in (31, 300):
        error = refused(trace_pb2.SearchTracesRequest, filter_of(depth))
        assert (error.reason, error.field) == ("LIMIT_EXCEEDED", "filter")


def test_free_form_values_nested_too_deep_for_protobuf_are_refused():
    value: object = 1
    for _ in range(19):
        value = {"a": value}
    deepest = parse(run_pb2.CreateRunRequest, {"framework_config": value})
    assert run_pb2.CreateRunRequest.FromString(deepest.SerializeToString()) == deepest
    error = refused(run_pb2.CreateRunRequest, {"framework_config": {"a": value}})
    assert (error.reason, error.field) == ("LIMIT_EXCEEDED", "framework_config")


@pytest.mark.parametrize("text", ["\0", "a\ud800", "\udfffa"])
def test_free_form_texts_that_no_message_could_carry_are_refused(text: str):
    for settings, field in (({"a": [text]}, "framework_config.a[0]"), ({"a": {text: 1}}, "framework_config.a")):
        error = refused(run_pb2.CreateRunRequest, {"framework_config": settings})
        assert (error.reason, error.field) == ("INVALID_FIELD_VALUE", field)


@pytest.mark.parametrize("value", [None, [], {}, [[]], {"a": {}}, 0, "", False])
def test_free_form_values_that_are_empty_are_not_null(value: object):
    node = parse(trace_pb2.TraceFilter, {"field": "tags", "operator": "ne", "value": value})
    if value is None:
        assert not node.HasField("value")
    else:
        assert node.value.WhichOneof("kind") not in (None, "null_value")
        assert render(node)["value"] == value


def test_malformed_base64_is_refused():
    assert refused(sample_pb2.SampleColumns, {"timelines": ["%%"]}).field == "timelines[0]"


def test_lists_of_messages_and_maps_of_messages_are_read():
    response = parse(fleet_pb2.ListAgentsResponse, {"agents": [{"agent_id": "a"}, {"labels": {"zone": "b"}}]})
    assert response.agents[1].labels["zone"] == "b"
    compared = parse(run_pb2.CompareRunsResponse, {"by_concurrency": {"1": {"runs": [{"run_id": "x"}]}}})
    assert compared.by_concurrency["1"].runs[0].run_id == "x"
    assert refused(fleet_pb2.ListAgentsResponse, {"agents": [{"agent": 1}]}).field == "agents[0].agent"


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a":1,}', b"NaN", b'{"a":1e400}', b"\xff", b'{"a":' + b"[" * 2000 + b"]" * 2000 + b"}"]
)
def test_malformed_json_is_refused(body):
    with pytest.raises(LoadcellError) as caught:
        load(body)
    assert caught.value.reason == "INVALID_REQUEST"


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_a_document_is_a_hundred_deep_at_most(opening, closing):
    load(opening * 100 + b"1" * (opening != b"[") + closing * 100)
    for depth in (101, 900, 100_000):
        with pytest.raises(LoadcellError, match=r"deep|not JSON"):
            load(opening * depth + b"1" * (opening != b"[") + closing * depth)


def test_a_key_given_twice_is_refused_at_any_depth():
    with pytest.raises(LoadcellError) as caught:
        load(b'{"a":{"model":1,"model":2}}')
    assert caught.value.field == "model"


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_CONFIGS = st.fixed_dictionaries(
    {},
    optional={
        "server_url": _TEXTS,
        "concurrency": st.lists(st.integers(-(2**31), 2**31 - 1), max_size=4),
        "rate": st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=4),
        "arrival": st.sampled_from(["unspecified", "constant", "poisson"]),
        "num_prompts": st.integers(-(2**31), 2**31 - 1),
        "seed": st.integers(-(2**63), 2**63 - 1),
        "stream": st.booleans(),
        "labels": st.dictionaries(_TEXTS, _TEXTS, max_size=3),
        "goodput_thresholds": st.fixed_dictionaries({}, optional={"ttft_ms": st.floats(0, 1e6)}),
    },
)


@given(_CONFIGS)
def test_what_is_rendered_is_read_back_as_the_same_message(data):
    config = parse(result_pb2.RunConfig, data)
    document = orjson.loads(orjson.dumps(render(config)))
    assert parse(result_pb2.RunConfig, document) == config
    for name, value in data.items():
        assert document[name] == value


def test_two_fields_of_one_oneof_are_refused():
    error = refused(agent_pb2.SessionRequest, {"register": {"agent_id": "a"}, "heartbeat": {}})
    assert (error.reason, error.field) == ("INVALID_FIELD_VALUE", "heartbeat")
    assert error.message == "heartbeat and register exclude each other; give one"
    one = parse(agent_pb2.SessionRequest, {"register": {"agent_id": "a"}, "heartbeat": None})
    assert one.WhichOneof("message") == "register"
