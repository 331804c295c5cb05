"""What an HTTP request says as a message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from gateway.bindings import Binding
from loadcell.documents import parse, query_values
from loadcell.errors import LoadcellError

IDEMPOTENCY_FIELD = "request_id"


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
