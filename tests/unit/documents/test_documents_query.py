"""Query strings to messages."""

from datetime import UTC, datetime, timedelta

import pytest

from loadcell.documents import parse_query
from loadcell.errors import LoadcellError
from loadcell.v1 import auth_pb2, run_pb2, target_pb2


def test_texts_become_the_types_of_the_fields():
    request = parse_query(
        run_pb2.CreateRunRequest,
        [
            ("num_prompts", "5"),
            ("timeout", "1.5"),
            ("stream", "0"),
            ("model", "7"),
            ("arrival", "Poisson"),
            ("goodput_thresholds.ttft_ms", "200"),
        ],
    )
    assert request.num_prompts == 5
    assert request.timeout == 1.5
    assert request.HasField("stream")
    assert not request.stream
    assert request.model == "7"
    assert request.arrival == target_pb2.ARRIVAL_POISSON
    assert request.goodput_thresholds.ttft_ms == 200


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("1", True), ("TRUE", True), ("false", False), ("0", False)]
)
def test_spellings_of_booleans(text, value):
    assert parse_query(run_pb2.GetRunResultRequest, [("partial", text)]).partial is value


def test_lists_are_repeated_or_have_commas_and_texts_keep_their_commas():
    request = parse_query(run_pb2.CreateRunRequest, [("concurrency", "1,2"), ("concurrency", "3")])
    assert list(request.concurrency) == [1, 2, 3]
    compared = parse_query(run_pb2.CompareRunsRequest, [("run_ids", "a,b"), ("run_ids", "c")])
    assert list(compared.run_ids) == ["a,b", "c"]


@pytest.mark.parametrize(
    ("pairs", "reason", "field"),
    [
        ([("limt", "1")], "UNKNOWN_FIELD", "limt"),
        ([("limit.x", "1")], "UNKNOWN_FIELD", "limit.x"),
        ([("limit", "")], "INVALID_FIELD_FORMAT", "limit"),
        ([("limit", "1_0")], "INVALID_FIELD_FORMAT", "limit"),
        ([("limit", " 1")], "INVALID_FIELD_FORMAT", "limit"),
        ([("limit", "\u0661")], "INVALID_FIELD_FORMAT", "limit"),
        ([("limit", "1.0")], "INVALID_FIELD_FORMAT", "limit"),
        ([("limit", "9" * 5000)], "INVALID_FIELD_FORMAT", "limit"),
        ([("limit", "9999999999")], "INVALID_FIELD_VALUE", "limit"),
        ([("limit", "1"), ("limit", "2")], "INVALID_FIELD_FORMAT", "limit"),
    ],
)
def test_malformed_parameters_are_refused_by_name(pairs, reason, field):
    with pytest.raises(LoadcellError) as caught:
        parse_query(run_pb2.ListRunsRequest, pairs)
    assert (caught.value.reason, caught.value.field) == (reason, field)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("stream", "yes"),
        ("timeout", "nan"),
        ("goodput_thresholds", "{}"),
        ("labels", "k=v"),
        ("concurrency", "1,"),
    ],
)
def test_what_a_url_cannot_say_is_refused(name, text):
    with pytest.raises(LoadcellError) as caught:
        parse_query(run_pb2.CreateRunRequest, [(name, text)])
    assert caught.value.field == name


def test_times_may_be_relative_to_now():
    slack = timedelta(milliseconds=1)  # of rounding
    earliest = datetime.now(UTC) + timedelta(hours=1)
    request = parse_query(auth_pb2.CreateApiKeyRequest, [("expires_at", "now+1h")])
    found = request.expires_at.ToDatetime(tzinfo=UTC)
    assert earliest - slack <= found <= datetime.now(UTC) + timedelta(hours=1) + slack
    exact = parse_query(auth_pb2.CreateApiKeyRequest, [("expires_at", "2026-01-31T12:00:00+01:00")])
    assert exact.expires_at.ToJsonString() == "2026-01-31T11:00:00Z"


@pytest.mark.parametrize("text", ["now+1y", "nowhere", "yesterday", "now-9999999999w"])
def test_times_that_are_none_are_refused(text):
    with pytest.raises(LoadcellError) as caught:
        parse_query(auth_pb2.CreateApiKeyRequest, [("expires_at", text)])
    assert caught.value.field == "expires_at"
