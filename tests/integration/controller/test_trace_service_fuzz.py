"""Whatever is asked about traces, the answer is an answer, or an error of the catalog that names the field."""

from __future__ import annotations

from random import Random
from typing import Any

import grpc
import pytest
from google.protobuf import struct_pb2

from controller.query.traces.conditions import Operator
from controller.query.traces.fields import FIELDS
from controller.query.traces.leaves import BETWEEN, EXISTS
from controller.store.migrate import open_database
from loadcell.errors import Code
from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import trace_pb2, trace_pb2_grpc
from tests.integration.store import random_traces

TEXTS = [
    "' OR '1'='1",
    "'; DROP TABLE traces; --",
    "ts) FROM traces; DELETE FROM traces --",
    "ts DESC, (SELECT 1)",
    "a\0b",
    "%",
    "_",
    "\\",
    "%s%(x)s:y?1{}",
    "\u202e\ufffe\U0001f600é",
    "",
    " ",
    ",",
    ",,a",
    "now-1h",
    "now-99999999999w",
    "2026-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999-23:59",
    "0001-01-01T00:00:00+23:59",
    "error",
    "200",
    "999",
    "asc",
    "duration_ms",
    "attributes.'; --",
    "model_parameters.max_tokens",
    "f" * 32,
    "0" * 32,
    "eyJhIjoxfQ",
    "AAAA",
    "(a+)+$",
    "[[:alpha:]]{255}{255}",
    "x" * 5_000,
]
NUMBERS = [0, -1, 1, 0.1, 1e308, -1e308, 2.0**53, 2.0**63, float("nan"), float("inf"), float("-inf"), 5e-324]
INTEGERS = [0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)]
OPERATORS = [*(operator.value for operator in Operator), EXISTS, BETWEEN, "and", "OR", "Not", *TEXTS[:6]]
REFUSALS = {Code.INVALID_ARGUMENT, Code.NOT_FOUND, Code.PERMISSION_DENIED}


def fill(message: Any, random: Random) -> Any:
    """Set one to three fields of a request to something hostile."""
    for field in random.sample(list(message.DESCRIPTOR.fields), random.randint(1, 3)):
        if field.message_type is not None:
            getattr(message, field.name).CopyFrom(filter_of(random, 3))
        elif field.is_repeated:
            getattr(message, field.name).extend(random.choices(TEXTS, k=random.choice([1, 2, 40])))
        elif field.cpp_type == field.CPPTYPE_STRING:
            setattr(message, field.name, random.choice(TEXTS))
        elif field.cpp_type == field.CPPTYPE_BOOL:
            setattr(message, field.name, True)
        elif field.cpp_type == field.CPPTYPE_DOUBLE:
            setattr(message, field.name, random.choice(NUMBERS))
        else:
            largest = 2**31 - 1 if field.cpp_type == field.CPPTYPE_INT32 else 2**63 - 1
            setattr(message, field.name, max(min(random.choice(INTEGERS), largest), -largest - 1))
    return message


def filter_of(random: Random, depth: int) -> trace_pb2.TraceFilter:
    node = trace_pb2.TraceFilter()
    if depth and random.random() < 0.4:
        node.operator = random.choice(["and", "or", "not", "AND", random.choice(TEXTS)])
        node.filters.extend(filter_of(random, depth - 1) for _ in range(random.choice([1, 1, 2, 3])))
        return node
    node.field = random.choice([*FIELDS, *FIELDS, "attributes.team", random.choice(TEXTS)])
    node.operator = random.choice(OPERATORS)
    node.value.CopyFrom(value_of(random, 2))
    return node


def value_of(random: Random, depth: int) -> struct_pb2.Value:
    match random.randrange(6 if depth else 4):
        case 0 | 1:
            return struct_pb2.Value(string_value=random.choice(TEXTS))
        case 2:
            return struct_pb2.Value(number_value=random.choice(NUMBERS))
        case 3:
            return random.choice(
                [struct_pb2.Value(), struct_pb2.Value(bool_value=True), struct_pb2.Value(null_value=0)]
            )
        case 4:
            values = [value_of(random, depth - 1) for _ in range(random.choice([0, 1, 2, 5]))]
            return struct_pb2.Value(list_value=struct_pb2.ListValue(values=values))
        case _:
            return struct_pb2.Value(struct_value=struct_pb2.Struct(fields={"a": value_of(random, depth - 1)}))


@pytest.fixture
async def traces(start, place) -> trace_pb2_grpc.TraceServiceStub:
    database = await open_database(place)
    try:
        await database.write(random_traces.fill_ended)
    finally:
        await database.close()
    controller = await start(database=place)
    return trace_pb2_grpc.TraceServiceStub(controller.channel)


async def test_W17_W33_W34_no_question_is_an_error_of_ours(traces):
    random = Random(7)
    whole = len((await traces.ListTraces(trace_pb2.ListTracesRequest(limit=1_000))).data)
    answered = 0
    for _ in range(400):
        method, kind = random.choice(
            [
                (traces.ListTraces, trace_pb2.ListTracesRequest),
                (traces.SearchTraces, trace_pb2.SearchTracesRequest),
                (traces.SearchTraces, trace_pb2.SearchTracesRequest),
                (traces.GetTrace, trace_pb2.GetTraceRequest),
                (traces.WriteFeedback, trace_pb2.WriteFeedbackRequest),
            ]
        )
        request = fill(kind(), random)
        try:
            answer = await method(request)
        except grpc.aio.AioRpcError as refused:
            error = from_rpc_error(refused)
            assert error.row.code in REFUSALS, (request, error)
            if error.reason != "TRACE_NOT_FOUND":
                assert error.field, (request, error)
                assert error.field.split(".")[0].split("[")[0] in request.DESCRIPTOR.fields_by_name, error.field
        else:
            assert answer.status == "success"
            answered += 1
    assert answered > 20
    assert len((await traces.ListTraces(trace_pb2.ListTracesRequest(limit=1_000))).data) == whole


async def test_W17_a_field_to_sort_by_is_a_field(traces):
    for sort_by in ("ts; DROP TABLE traces", "1", "ts DESC", "input_text", "'"):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await traces.ListTraces(trace_pb2.ListTracesRequest(sort_by=sort_by))
        assert from_rpc_error(refused.value).field == "sort_by"


async def test_W26_each_parameter_has_its_own_answer(traces):
    """Answers are kept: one question must never be given the answer of another."""
    requests = [
        trace_pb2.ListTracesRequest(**{"limit": 1_000, "fields": ["ts"], **selected})
        for selected in (
            {},
            {"session_id": "s"},
            {"user_id": "u1"},
            {"min_cost": 0.001},
            {"search": "x"},
            {"sort_by": "duration_ms"},
            {"sort_order": "asc"},
            {"fields": ["model"]},
            {"limit": 3},
        )
    ]
    answers = [(await traces.ListTraces(request)).data for request in requests]
    again = [(await traces.ListTraces(request)).data for request in requests]
    assert answers == again
    assert len({trace_pb2.ListTracesResponse(data=data).SerializeToString() for data in answers}) == len(answers)
