"""Questions about single requests, asked of a controller."""

from __future__ import annotations

import grpc
import pytest

from controller.store.migrate import open_database
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
        return await database.write(random_traces.fill)
    finally:
        await database.close()


@pytest.fixture
def traces(controller, stored) -> trace_pb2_grpc.TraceServiceStub:
    return trace_pb2_grpc.TraceServiceStub(controller.channel)


async def test_pages_hold_every_trace_once(traces, stored):
    seen, cursor = [], ""
    while True:
        page = await traces.ListTraces(trace_pb2.ListTracesRequest(limit=100, cursor=cursor, fields=["model,ts"]))
        assert (page.status, page.pagination.limit, page.meta.version) == ("success", 100, "1.0")
        assert not page.pagination.HasField("total")
        seen += [trace.trace_id for trace in page.data]
        cursor = page.pagination.cursor
        assert page.pagination.has_more == bool(cursor)
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == len(stored.traces)
    assert {name for trace in page.data for name in render(trace)} == {"ts", "trace_id", "span_id", "model"}


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
