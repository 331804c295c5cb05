"""Questions about single requests, asked of a controller."""

from __future__ import annotations

import uuid

import grpc
import pytest
from google.protobuf.json_format import ParseDict
from sqlalchemy import insert

from controller.store.migrate import open_database
from controller.store.schema import trace_timelines
from controller.trace_ids import request_key
from loadcell.documents import render
from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import trace_pb2, trace_pb2_grpc
from tests.integration.store import random_traces


async def refusal(call) -> tuple[str, str | None]:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    error = from_rpc_error(refused.value)
    return error.reason, error.field


@pytest.fixture
async def stored(controller) -> random_traces.Stored:
    database = await open_database(controller.database)
    try:
        return await database.write(random_traces.fill_ended)
    finally:
        await database.close()


@pytest.fixture
def traces(controller, stored) -> trace_pb2_grpc.TraceServiceStub:
    return trace_pb2_grpc.TraceServiceStub(controller.channel)


@pytest.mark.parametrize("room", [2_000, 1])
async def test_page_that_would_be_too_large_ends_earlier(traces, stored, monkeypatch, room):
    whole = (await traces.ListTraces(trace_pb2.ListTracesRequest(limit=61))).data[:60]
    monkeypatch.setattr("controller.services.trace.MAX_PAGE_BYTES", room)
    seen, cursor = [], ""
    while len(seen) < 60:
        page = await traces.ListTraces(trace_pb2.ListTracesRequest(limit=60 - len(seen), cursor=cursor))
        assert page.pagination.limit == 60 - len(seen)
        assert len(page.data) == 1 or sum(trace.ByteSize() for trace in page.data) <= room
        seen += page.data
        cursor = page.pagination.cursor
        assert page.pagination.has_more
    assert seen == list(whole)


async def test_pages_hold_every_trace_once(traces, stored):
    seen, cursor = [], ""
    while True:
        page = await traces.ListTraces(trace_pb2.ListTracesRequest(limit=40, cursor=cursor, fields=["model,ts"]))
        assert (page.status, page.pagination.limit, page.meta.version) == ("success", 40, "1.0")
        assert not page.pagination.HasField("total")
        seen += [trace.trace_id for trace in page.data]
        cursor = page.pagination.cursor
        assert page.pagination.has_more == bool(cursor)
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == len(stored.traces)
    assert {name for trace in page.data for name in render(trace)} == {"ts", "trace_id", "span_id", "model"}


def condition(field: str, operator: str, value: object) -> trace_pb2.TraceFilter:
    return ParseDict({"field": field, "operator": operator, "value": value}, trace_pb2.TraceFilter())


def joined(operator: str, *filters: trace_pb2.TraceFilter) -> trace_pb2.TraceFilter:
    return trace_pb2.TraceFilter(operator=operator, filters=filters)


async def test_W32_a_nested_search_finds_what_it_says(traces, stored):
    filter_ = joined(
        "and",
        condition("model", "in", ["gpt-4o", "été"]),
        joined("OR", condition("status_code", "eq", "error"), condition("total_tokens", "between", [5, 20])),
        joined("not", condition("environment", "startsWith", "prod")),
        condition("error_message", "exists", False),
    )
    request = trace_pb2.SearchTracesRequest(filter=filter_, sort_by="duration_ms", limit=1_000)
    answer = await traces.SearchTraces(request)
    found = {trace.trace_id for trace in answer.data}
    assert found == {
        trace_id
        for trace_id, trace in stored.traces.items()
        if trace["model"] in {"gpt-4o", "été"}
        and (trace["status_code"] == "ERROR" or 5 <= trace.get("total_tokens", 0) <= 20)
        and not trace["environment"].startswith("prod")
        and "error_message" not in trace
    }
    assert found
    everything = await traces.SearchTraces(trace_pb2.SearchTracesRequest(limit=1))
    assert everything.data[0].ts.ToMicroseconds() == min(trace["ts"] for trace in stored.all())


@pytest.mark.parametrize(
    ("filter_", "reason", "field"),
    [
        (trace_pb2.TraceFilter(), "MISSING_REQUIRED_FIELD", "filter.operator"),
        (condition("model", "like", "x"), "INVALID_FIELD_VALUE", "filter.operator"),
        (condition("cost", "eq", 1), "UNKNOWN_FIELD", "filter.field"),
        (condition("duration_ms", "gt", float("nan")), "INVALID_FIELD_VALUE", "filter.value"),
        (condition("duration_ms", "gt", {"a": 1}), "INVALID_FIELD_FORMAT", "filter.value"),
        (condition("model", "regex", "(a+)+$" * 100), "INVALID_FIELD_VALUE", "filter.value"),
        (condition("model", "regex", r"(a)\1"), "INVALID_FIELD_VALUE", "filter.value"),
        (joined("NOT", *[condition("model", "eq", "m")] * 2), "INVALID_FIELD_VALUE", "filter.filters"),
        (joined("and", *[condition("model", "eq", "m")] * 100), "LIMIT_EXCEEDED", "filter"),
        (joined("xor", condition("model", "eq", "m")), "INVALID_FIELD_VALUE", "filter.operator"),
        (
            joined("or", condition("model", "eq", "m"), condition("level", "in", [1, "x"])),
            "INVALID_FIELD_FORMAT",
            "filter.filters[1].value[1]",
        ),
    ],
)
async def test_W25_a_filter_that_cannot_be_used_is_named_by_its_path(controller, filter_, reason, field):
    stub = trace_pb2_grpc.TraceServiceStub(controller.channel)
    assert await refusal(stub.SearchTraces(trace_pb2.SearchTracesRequest(filter=filter_))) == (reason, field)


async def test_a_filter_of_ten_levels_is_taken_and_one_of_eleven_is_not(traces):
    deep = condition("model", "eq", "m")
    for _ in range(9):
        deep = joined("not", deep)
    await traces.SearchTraces(trace_pb2.SearchTracesRequest(filter=deep))
    request = trace_pb2.SearchTracesRequest(filter=joined("and", deep))
    assert await refusal(traces.SearchTraces(request)) == ("LIMIT_EXCEEDED", "filter")


async def test_one_trace_has_all_that_is_known(traces, stored):
    for trace_id in list(stored.traces)[::40]:
        answer = await traces.GetTrace(
            trace_pb2.GetTraceRequest(trace_id=trace_id.upper(), include=["children", "evaluations,timeline"])
        )
        wanted, found = stored.traces[trace_id], render(answer.data)
        for name, value in wanted.items():
            if name in {"ts", "scheduled_time"}:
                assert getattr(answer.data, name).ToMicroseconds() == value
            else:
                assert found[name] == value, name
        assert set(found) - set(wanted) <= {"children", "evaluations", "tags"}
        assert found["children"] == []


async def test_several_are_the_same_as_each_by_itself(controller, traces, stored):
    trace_ids, nowhere = list(stored.traces)[::20], "0" * 32
    await store_timelines(controller, trace_ids[1:])
    include = ["evaluations,timeline", "feedback"]
    given = [trace_ids[0].upper(), nowhere, *trace_ids[::-1]]
    answer = await traces.BatchGetTraces(trace_pb2.BatchGetTracesRequest(trace_ids=given, include=include))
    order = [trace_ids[0], *(one for one in trace_ids[::-1] if one != trace_ids[0])]
    each = [await traces.GetTrace(trace_pb2.GetTraceRequest(trace_id=one, include=include)) for one in order]
    assert list(answer.data) == [one.data for one in each]
    assert (list(answer.not_found), list(answer.left_out), answer.status) == ([nowhere], [], "success")
    some = await traces.BatchGetTraces(trace_pb2.BatchGetTracesRequest(trace_ids=trace_ids, fields=["model"]))
    assert {name for one in some.data for name in render(one)} == {"model", "trace_id", "span_id", "ts"}


async def store_timelines(controller, trace_ids: list[str]) -> None:
    """Store a timeline of two events for some traces."""
    rows = [{**request_key(one)._asdict(), "timeline": bytes([5, 1, 7, 2])} for one in trace_ids]
    database = await open_database(controller.database)
    try:
        await database.write(lambda c: c.execute(insert(trace_timelines), rows))
    finally:
        await database.close()


@pytest.mark.parametrize(
    "limit", ["controller.services.trace.MAX_PAGE_BYTES", "controller.store.traces.included.MAX_EVENTS"]
)
async def test_several_that_are_too_much_are_named_to_be_asked_for_again(
    controller, traces, stored, monkeypatch, limit
):
    trace_ids = list(stored.traces)[:60]
    await store_timelines(controller, trace_ids[::2])
    request = trace_pb2.BatchGetTracesRequest(trace_ids=trace_ids, include=["timeline"], fields=["model"])
    whole = (await traces.BatchGetTraces(request)).data
    assert [len(trace.timeline) for trace in whole] == [2, 0] * 30
    monkeypatch.setattr(limit, 2)
    seen, wanted = [], trace_ids
    while wanted:
        page = trace_pb2.BatchGetTracesRequest(trace_ids=wanted, include=["timeline"], fields=["model,trace_id"])
        answer = await traces.BatchGetTraces(page)
        assert 1 <= len(answer.data) == len(wanted) - len(answer.left_out)
        seen, wanted = [*seen, *answer.data], list(answer.left_out)
    assert seen == list(whole)


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        ({}, "MISSING_REQUIRED_FIELD", "trace_ids"),
        ({"trace_ids": [""]}, "MISSING_REQUIRED_FIELD", "trace_ids[0]"),
        ({"trace_ids": ["0" * 32, "x"]}, "INVALID_FIELD_FORMAT", "trace_ids[1]"),
        ({"trace_ids": ["0" * 32] * 101}, "LIMIT_EXCEEDED", "trace_ids"),
        ({"trace_ids": ["0" * 32], "include": ["all"]}, "INVALID_FIELD_VALUE", "include"),
        ({"trace_ids": ["0" * 32], "fields": ["cost"]}, "UNKNOWN_FIELD", "fields"),
    ],
)
async def test_a_malformed_question_about_several_names_the_field(controller, request_, reason, field):
    stub = trace_pb2_grpc.TraceServiceStub(controller.channel)
    asked = stub.BatchGetTraces(trace_pb2.BatchGetTracesRequest(**request_))
    assert await refusal(asked) == (reason, field)


async def test_feedback_is_written_once_and_goes_with_its_trace(traces, stored):
    trace_id = next(iter(stored.traces))
    request = trace_pb2.WriteFeedbackRequest(
        trace_id=trace_id, score=0, label="unresolved", user_id="u", request_id=str(uuid.uuid4())
    )
    first = await traces.WriteFeedback(request)
    again = await traces.WriteFeedback(request)
    assert (first.status, first.data) == ("success", again.data)
    assert (first.data.feedback_id, first.data.score, first.data.label) == (request.request_id, 0, "unresolved")
    assert not first.data.HasField("comment")
    later = await traces.WriteFeedback(trace_pb2.WriteFeedbackRequest(trace_id=trace_id, comment="well"))
    answer = await traces.GetTrace(trace_pb2.GetTraceRequest(trace_id=trace_id, include=["feedback"]))
    assert list(answer.data.feedback) == [later.data, first.data]
    listed = await traces.ListTraces(trace_pb2.ListTracesRequest(trace_id=trace_id, include=["feedback"]))
    assert list(listed.data[0].feedback) == [later.data, first.data]
    changed = trace_pb2.WriteFeedbackRequest(trace_id=trace_id, score=1, request_id=request.request_id)
    assert await refusal(traces.WriteFeedback(changed)) == ("INVALID_FIELD_VALUE", "request_id")
    nowhere = trace_pb2.WriteFeedbackRequest(trace_id="0" * 32, score=1)
    assert await refusal(traces.WriteFeedback(nowhere)) == ("TRACE_NOT_FOUND", None)


async def test_feedback_shows_at_once_in_an_answer_that_was_kept(traces, stored):
    request = trace_pb2.GetTraceRequest(trace_id=next(iter(stored.traces)), include=["feedback"])
    assert not (await traces.GetTrace(request)).data.feedback
    await traces.WriteFeedback(trace_pb2.WriteFeedbackRequest(trace_id=request.trace_id, score=1))
    assert len((await traces.GetTrace(request)).data.feedback) == 1


@pytest.mark.parametrize(
    ("said", "reason", "field"),
    [
        ({}, "MISSING_REQUIRED_FIELD", "score"),
        ({"user_id": "u"}, "MISSING_REQUIRED_FIELD", "score"),
        ({"score": 1.01}, "INVALID_FIELD_VALUE", "score"),
        ({"score": -0.01}, "INVALID_FIELD_VALUE", "score"),
        ({"score": float("nan")}, "INVALID_FIELD_VALUE", "score"),
        ({"label": "x" * 65}, "INVALID_FIELD_VALUE", "label"),
        ({"comment": "x" * 4_097}, "INVALID_FIELD_VALUE", "comment"),
        ({"comment": "a\0b"}, "INVALID_FIELD_VALUE", "comment"),
        ({"score": 1, "user_id": "x" * 257}, "INVALID_FIELD_VALUE", "user_id"),
        ({"score": 1, "request_id": "1"}, "INVALID_FIELD_FORMAT", "request_id"),
        ({"score": 1, "trace_id": "1"}, "INVALID_FIELD_FORMAT", "trace_id"),
    ],
)
async def test_malformed_feedback_names_the_field(controller, said, reason, field):
    stub = trace_pb2_grpc.TraceServiceStub(controller.channel)
    request = trace_pb2.WriteFeedbackRequest(**{"trace_id": "0" * 32, **said})
    assert await refusal(stub.WriteFeedback(request)) == (reason, field)


async def test_W18_a_trace_that_is_not_there_is_not_found(traces):
    request = trace_pb2.GetTraceRequest(trace_id="0" * 32)
    assert await refusal(traces.GetTrace(request)) == ("TRACE_NOT_FOUND", None)


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        (trace_pb2.GetTraceRequest(), "MISSING_REQUIRED_FIELD", "trace_id"),
        (trace_pb2.GetTraceRequest(trace_id="x"), "INVALID_FIELD_FORMAT", "trace_id"),
        (trace_pb2.GetTraceRequest(trace_id="0" * 32, include=["all"]), "INVALID_FIELD_VALUE", "include"),
        (trace_pb2.GetTraceRequest(trace_id="0" * 32, fields=["cost"]), "UNKNOWN_FIELD", "fields"),
    ],
)
async def test_a_malformed_question_about_one_names_the_field(controller, request_, reason, field):
    stub = trace_pb2_grpc.TraceServiceStub(controller.channel)
    assert await refusal(stub.GetTrace(request_)) == (reason, field)
