"""What an HTTP request says as a message, and what a message says as an HTTP body."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from google.api import httpbody_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from gateway.bindings import Binding
from gateway.chosen import leave_out
from loadcell.documents import EVERYTHING, Wanted, parse, query_values, render
from loadcell.errors import LoadcellError

JSON = "application/json"
IDEMPOTENCY_FIELD = "request_id"
_EXTENSIONS = {
    "text/csv": "csv",
    JSON: "json",
    "application/x-ndjson": "jsonl",
    "text/html": "html",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}


@dataclass(frozen=True, slots=True)
class Content:
    """An HTTP body with its type; `filename` is set for downloads."""

    body: bytes
    media_type: str
    filename: str = ""


def to_request(
    binding: Binding,
    *,
    path: Iterable[tuple[str, str]],
    query: Iterable[tuple[str, str]],
    body: Any = None,
    idempotency_key: str = "",
) -> Message:
    """Return the request message of an HTTP call.

    Args:
        binding: verb and path that were called.
        path: decoded variables of the path.
        query: decoded parameters of the query string.
        body: data of the JSON body, None when there was none.
        idempotency_key: of the header of that name; fills `request_id` of the requests that have one.

    Raises:
        LoadcellError: a category VALIDATION reason naming the field.
    """
    descriptor = binding.request
    data: dict[str, Any] = query_values(descriptor, _in_query(binding, query))
    if binding.body == "*":
        data = _object(body)
    elif binding.body and body is not None:
        data[binding.body] = body
    elif body is not None:
        raise LoadcellError("INVALID_REQUEST", "this call takes no body")
    _merge(data, query_values(descriptor, path))
    if idempotency_key and takes_idempotency_key(binding):
        _merge(data, {IDEMPOTENCY_FIELD: idempotency_key})
    request: Message = parse(GetMessageClass(descriptor), data)
    return request


def takes_idempotency_key(binding: Binding) -> bool:
    """Whether the call can be repeated safely under a key."""
    field: FieldDescriptor | None = binding.request.fields_by_name.get(IDEMPOTENCY_FIELD)
    return binding.verb == "POST" and field is not None and field.type == FieldDescriptor.TYPE_STRING


def to_content(
    binding: Binding, response: Message, path: Iterable[tuple[str, str]], wanted: Wanted = EVERYTHING
) -> Content:
    """Return the HTTP body of a response; a google.api.HttpBody is a download with its own type."""
    if isinstance(response, httpbody_pb2.HttpBody):
        return Content(response.data, response.content_type, _filename(binding, response.content_type, path))
    document = render(response)
    leave_out(document, wanted)
    body = document.get(binding.response_body) if binding.response_body else document
    return Content(orjson.dumps(body), JSON)


def _in_query(binding: Binding, query: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    pairs = list(query)
    if pairs and binding.body == "*":
        name = pairs[0][0]
        raise LoadcellError("UNKNOWN_FIELD", f"{name} belongs in the body, not in the URL", field=name)
    return pairs


def _object(body: Any) -> dict[str, Any]:
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise LoadcellError("INVALID_REQUEST", "the body must be a JSON object")
    return dict(body)


def _merge(data: dict[str, Any], more: dict[str, Any], prefix: str = "") -> None:
    """Add fields of the path or a header to those of the body; two different values for one field are an error."""
    for name, value in more.items():
        present = data.get(name)
        if isinstance(present, dict) and isinstance(value, dict):
            _merge(present, value, f"{prefix}{name}.")
        elif present is not None and present != value:
            field = f"{prefix}{name}"
            raise LoadcellError("INVALID_FIELD_VALUE", f"{field} is given twice and differs", field=field)
        else:
            data[name] = value


def _filename(binding: Binding, media_type: str, path: Iterable[tuple[str, str]]) -> str:
    """Return "<first 8 characters of the identifier>_<area>.<extension>", the area being that of the API path."""
    areas = binding.template.documented.removeprefix("/api/v1").strip("/").split("/")
    stem = "_".join([*(value[:8] for _, value in path), areas[0]])
    extension = _EXTENSIONS.get(media_type.partition(";")[0].strip(), "bin")
    return f"{re.sub(r'[^A-Za-z0-9._-]', '-', stem)}.{extension}"
