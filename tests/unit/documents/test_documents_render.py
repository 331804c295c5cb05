"""Messages to JSON documents."""

import math
from datetime import UTC, datetime

import orjson
import pytest

from loadcell.documents import parse, render
from loadcell.v1 import (
    agent_pb2,
    cost_pb2,
    envelope_pb2,
    event_pb2,
    export_pb2,
    fleet_pb2,
    metrics_pb2,
    model_pb2,
    result_pb2,
    run_pb2,
    trace_pb2,
)


def test_unset_fields_are_null_where_the_message_says_so():
    stats = render(result_pb2.LatencyStats(p50=1.5))
    assert stats["p50"] == 1.5
    assert stats["p99"] is None
    assert stats["p99_ci"] is None
    assert stats["count"] == 0
    assert list(stats) == [field.name for field in result_pb2.LatencyStats.DESCRIPTOR.fields]


def test_unset_fields_are_left_out_elsewhere():
    assert render(run_pb2.LiveLatency(p50=2.0, count=3)) == {"p50": 2.0, "count": 3}


def test_an_optional_field_set_to_its_default_is_written():
    assert render(run_pb2.LiveLatency(p50=0.0))["p50"] == 0.0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_M16_a_number_that_is_not_finite_becomes_null(value):
    assert render(result_pb2.LatencyStats(mean=value))["mean"] is None
    assert render(result_pb2.RunConfig(rate=[1.0, value]))["rate"] == [1.0, None]


def test_F17_times_are_rfc_3339_in_utc_with_microseconds():
    run = run_pb2.Run()
    run.started_at.FromDatetime(datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=UTC))
    document = render(run)
    assert document["started_at"] == "2026-01-31T12:00:00.000005Z"
    assert document["completed_at"] is None


def test_times_before_1970_and_whole_seconds_keep_their_microseconds():
    run = run_pb2.Run()
    run.started_at.FromDatetime(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert render(run)["started_at"] == "1969-12-31T23:59:59.000000Z"


def test_enums_are_lower_case_words_and_unknown_numbers_stay():
    assert render(run_pb2.Run(state=run_pb2.RUN_STATE_CANCELLING))["state"] == "cancelling"
    assert render(run_pb2.Run(state=99))["state"] == 99


def test_large_integers_are_json_numbers():
    document = render(agent_pb2.Heartbeat(sequence=2**62))
    assert orjson.loads(orjson.dumps(document))["sequence"] == 2**62


def test_maps_are_ordered_by_key_and_hold_documents():
    response = run_pb2.CompareRunsResponse()
    response.by_concurrency["8"].runs.add(run_id="b")
    response.by_concurrency["10"].runs.add(run_id="a")
    document = render(response)
    assert list(document["by_concurrency"]) == ["10", "8"]
    assert document["by_concurrency"]["10"]["runs"][0]["run_id"] == "a"
    assert document["best_ttft"] is None


def test_bytes_are_base64():
    assert render(agent_pb2.GetAssetResponse(data=b"\x00\xff"))["data"] == "AP8="


def test_free_form_values_come_back_as_they_were_given():
    given = {"a": [1, 2.5, None, True, {"b": "c"}], "big": 3}
    config = parse(result_pb2.RunConfig, {"framework_config": given})
    assert render(config)["framework_config"] == given


def test_S1_secrets_are_never_rendered():
    request = run_pb2.CreateRunRequest(server_url="http://x", api_key="s3cret")
    request.headers["authorization"] = "s3cret"
    assert b"s3cret" not in orjson.dumps(render(request))


def test_members_of_a_oneof_that_are_not_set_are_left_out():
    document = render(agent_pb2.SessionRequest(heartbeat=agent_pb2.Heartbeat(sequence=1)))
    assert list(document) == ["heartbeat"]


def test_every_message_of_the_contract_can_be_rendered_and_read_back():
    modules = (run_pb2, result_pb2, fleet_pb2, agent_pb2, envelope_pb2, trace_pb2, metrics_pb2, cost_pb2)
    for module in (*modules, model_pb2, export_pb2, event_pb2):
        for name in module.DESCRIPTOR.message_types_by_name:
            message_class = getattr(module, name)
            assert parse(message_class, render(message_class())) == message_class()
