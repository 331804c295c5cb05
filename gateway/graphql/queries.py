"""The queries, a line each: a method of the contract and the part of its answer that is the value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import strawberry
from google.protobuf.descriptor import Descriptor, MethodDescriptor

from gateway.contract import comments
from gateway.graphql.arguments import FILTER, input_type, signature, values
from gateway.graphql.asking import METRICS, MODELS, RUNS, TRACES, Asking
from gateway.graphql.traces import TRACE, chosen
from gateway.graphql.types import Types, list_of, maybe

_SELECTION = ("fields", "include")  # which are read from the document
_PAGING = ("limit", "cursor", "offset", "sort_by", "sort_order")


@dataclass(frozen=True, slots=True)
class Query:
    """One query.

    Attributes:
        name: its name.
        method: what answers it.
        part: field of the answer that is the value; empty: the answer.
        page: name of the type of such an answer.
        filter: name of the input that holds all parameters but those of paging; empty: each is an argument.
        required: parameters that must be given.
    """

    name: str
    method: MethodDescriptor
    part: str = ""
    page: str = ""
    filter: str = ""
    required: tuple[str, ...] = ()


QUERIES = (
    Query("traces", TRACES["ListTraces"], "data", filter="TraceFilter"),
    Query("trace_page", TRACES["ListTraces"], page="TracePage", filter="TraceFilter"),
    Query("trace", TRACES["GetTrace"], "data", required=("trace_id",)),
    Query("runs", RUNS["ListRuns"], "runs"),
    Query("run_page", RUNS["ListRuns"], page="RunPage"),
    Query("run", RUNS["GetRun"], "run", required=("run_id",)),
    Query("run_result", RUNS["GetRunResult"], "result", required=("run_id",)),
    Query("metrics", METRICS["GetMetrics"], "data", required=("metrics",)),
    Query("metrics_summary", METRICS["GetMetricsSummary"], "data"),
    Query("performance", METRICS["GetPerformance"], "data"),
    Query("quality", METRICS["GetQuality"], "data"),
    Query("models", MODELS["ListModels"], "data"),
    Query("model_page", MODELS["ListModels"], page="ModelPage"),
    Query("model", MODELS["GetModel"], "data", required=("model_id",)),
    Query("model_usage", MODELS["GetModelUsage"], "data", required=("model_id",)),
)


def query_fields(types: Types) -> dict[str, Any]:
    """Return the fields of the root type that are in the table."""
    inputs: dict[str, Any] = {}
    for query in QUERIES:
        if query.filter and query.filter not in inputs:
            without = (*_SELECTION, *_PAGING)
            inputs[query.filter] = input_type(query.method.input_type, query.filter, without=without)
    return {query.name: _field(query, types, inputs.get(query.filter)) for query in QUERIES}


def _field(query: Query, types: Types, filtered: Any) -> Any:
    request, answer = query.method.input_type, query.method.output_type
    of_traces = TRACE in {field.message_type for field in answer.fields}

    async def resolve(info: strawberry.Info[Asking], **given: Any) -> Any:
        wanted = chosen(info, "" if query.part else "data") if of_traces else {}
        found = await info.context.ask(query.method, values(given) | wanted)
        return found.get(query.part) if query.part else found

    without = {*_SELECTION}
    if filtered is not None:
        without |= {field.name for field in request.fields} - {*_PAGING}
    resolve.__signature__ = signature(  # type: ignore[attr-defined]  # strawberry reads it
        request,
        without=without,
        required=query.required,
        more={FILTER: (maybe(filtered), strawberry.UNSET)} if filtered else {},
    )
    return strawberry.field(
        resolver=resolve,
        graphql_type=maybe(_value(query, answer, types)),
        description=comments().get(query.method.full_name),
    )


def _value(query: Query, answer: Descriptor, types: Types) -> Any:
    if not query.part:
        return types.object_type(answer, query.page, without=("status",))
    field = answer.fields_by_name[query.part]
    assert field.message_type is not None  # noqa: S101 - all parts are messages
    one = types.object_type(field.message_type)
    return list_of(one) if field.is_repeated else one
