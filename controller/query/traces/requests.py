"""Requests of the contract as plain values, which the language of questions takes."""

from __future__ import annotations

from typing import NamedTuple

from google.protobuf import struct_pb2
from google.protobuf.message import Message

from controller.query.several import read_several
from controller.query.traces.fields import FIELDS
from controller.query.traces.parameters import split
from controller.query.traces.selection import Selected, read_include, read_selection
from controller.query.traces.values import read_value
from controller.trace_ids import RequestKey, request_key
from loadcell.errors import LoadcellError
from loadcell.v1 import trace_pb2


def plain_values(request: Message) -> dict[str, object]:
    """Return the fields of a request that are given, by their names."""
    return {field.name: list(value) if field.is_repeated else value for field, value in request.ListFields()}


def plain_search(request: trace_pb2.SearchTracesRequest) -> dict[str, object]:
    """Return the body of a search."""
    values = plain_values(request)
    if request.HasField("filter"):
        values["filter"] = _filter(request.filter)
    return values


def _filter(node: trace_pb2.TraceFilter) -> dict[str, object]:
    plain: dict[str, object] = {"operator": node.operator}
    if node.filters:
        plain["filters"] = [_filter(child) for child in node.filters]
    if node.field:
        plain |= {"field": node.field, "value": _value(node.value)}
    return plain


def _value(value: struct_pb2.Value) -> object:
    match value.WhichOneof("kind"):
        case None | "null_value":
            return None
        case "list_value":
            return [_value(one) for one in value.list_value.values]
        case "struct_value":
            return dict.fromkeys(value.struct_value.fields)
        case kind:
            return getattr(value, str(kind))


class OneTrace(NamedTuple):
    """What is asked of one trace."""

    key: RequestKey
    fields: tuple[Selected, ...]
    include: tuple[str, ...]


def read_get(request: trace_pb2.GetTraceRequest) -> OneTrace:
    """Return what is asked for.

    Raises:
        LoadcellError: an identifier, field or word is malformed; the error names it.
    """
    return OneTrace(
        read_key(request.trace_id),
        read_selection(split(list(request.fields), "fields")),
        read_include(split(list(request.include), "include"), of_one=True),
    )


class SeveralTraces(NamedTuple):
    """What is asked of several traces: their keys with the identifiers as they were given."""

    keys: dict[RequestKey, str]
    fields: tuple[Selected, ...]
    include: tuple[str, ...]


def read_batch_get(request: trace_pb2.BatchGetTracesRequest) -> SeveralTraces:
    """Return what is asked for.

    Raises:
        LoadcellError: as `read_get`; MISSING_REQUIRED_FIELD, LIMIT_EXCEEDED, there are none or too many.
    """
    keys: dict[RequestKey, str] = {}
    for trace_id, where in read_several(request.trace_ids, "trace_ids").items():
        keys.setdefault(read_key(trace_id, where), trace_id)
    return SeveralTraces(
        keys,
        read_selection(split(list(request.fields), "fields")),
        read_include(split(list(request.include), "include"), of_one=True),
    )


def read_key(trace_id: str, where: str = "trace_id") -> RequestKey:
    """Return the key of the request with an identifier; `where` names its place in the request.

    Raises:
        LoadcellError: MISSING_REQUIRED_FIELD, INVALID_FIELD_FORMAT.
    """
    if not trace_id:
        raise LoadcellError("MISSING_REQUIRED_FIELD", f"{where} is required", field=where)
    return request_key(str(read_value(FIELDS["trace_id"], trace_id, 0, where)))
