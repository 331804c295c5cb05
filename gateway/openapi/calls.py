"""The operations of the calls of the contract."""

from __future__ import annotations

from collections.abc import Iterator

from google.api import httpbody_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from gateway.bindings import Binding
from gateway.chosen import PARAMETER as FIELDS
from gateway.chosen import chosen_in_field, takes_fields
from gateway.openapi.answers import answer_object, refusal_objects
from gateway.openapi.conditions import CACHING, CONDITIONS, UNCHANGED
from gateway.openapi.examples import example, field_example
from gateway.openapi.operation import FILE, JSON, Answer, Schema
from gateway.openapi.refusals import refusals_of
from gateway.openapi.schemas import Schemas
from gateway.transcode import takes_idempotency_key

_WITHOUT_EXAMPLE = frozenset({"cursor"})  # only one that was given is good


def call_operation(binding: Binding, name: str, schemas: Schemas) -> Schema:
    """Return the operation of a call under an identifier."""
    method = binding.method
    summary, _, description = schemas.comment(method.full_name).partition(". ")
    success = answer_object(_success(binding, schemas), calls=True)
    unchanged = {"304": answer_object(UNCHANGED, calls=True)} if binding.verb == "GET" else {}
    operation: Schema = {
        "operationId": name,
        "tags": [method.containing_service.name.removesuffix("Service")],
        "summary": " ".join(summary.split()).rstrip("."),
        "description": " ".join(description.split()),
        "parameters": list(_parameters(binding, schemas)),
        "responses": {
            str(binding.status): success,
            **unchanged,
            **refusal_objects(refusals_of(binding, schemas.comments), without={binding.status}),
        },
    }
    if binding.body:
        operation["requestBody"] = _body(binding, schemas)
    return operation


def _parameters(binding: Binding, schemas: Schemas) -> Iterator[Schema]:
    for name in binding.template.fields:
        yield _parameter(name, "path", _field(binding.request, name), schemas)
    if binding.body != "*":
        taken = {*binding.template.fields, binding.body}
        for name, field in _query_fields(binding.request):
            if name not in taken:
                yield _parameter(name, "query", field, schemas)
    if takes_fields(binding):
        yield _fields_parameter(binding)
    if binding.verb == "GET":
        yield from CONDITIONS
    if takes_idempotency_key(binding):
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "description": (
                "Makes repeats of the call return the first answer. 1 to 128 visible characters, best a UUID."
            ),
            "schema": {"type": "string"},
        }


def _fields_parameter(binding: Binding) -> Schema:
    place = chosen_in_field(binding)
    within = "data" if place is not None and not binding.response_body else "the body"
    return {
        "name": FIELDS,
        "in": "query",
        "description": (
            f"Fields of {within} that are wanted, dotted for nested ones, given several times or with commas, at "
            "most 100; none: all. What is not named is left out, required or not. An unknown name is an error."
        ),
        "schema": {"type": "array", "items": {"type": "string"}},
    }


def _query_fields(message: Descriptor, prefix: str = "") -> Iterator[tuple[str, FieldDescriptor]]:
    """Yield what a query string can set: scalars, lists of them, and those of nested messages by dotted names."""
    for field in message.fields:
        nested = field.message_type
        if nested is None or nested.full_name == "google.protobuf.Timestamp":
            yield f"{prefix}{field.name}", field
        elif (
            not field.is_repeated
            and nested.full_name != message.full_name
            and nested.file.package != "google.protobuf"
        ):
            yield from _query_fields(nested, f"{prefix}{field.name}.")


def _field(message: Descriptor, dotted: str) -> FieldDescriptor:
    *outer, last = dotted.split(".")
    parent = message
    for part in outer:
        inside = parent.fields_by_name[part].message_type
        if inside is None:
            raise ValueError(f"{message.full_name}: {dotted} is inside of no message")
        parent = inside
    return parent.fields_by_name[last]


def _parameter(name: str, where: str, field: FieldDescriptor, schemas: Schemas) -> Schema:
    parameter: Schema = {
        "name": name,
        "in": where,
        "description": schemas.comment(field.full_name),
        "schema": schemas.value(field, request=True),
    }
    if field.name not in _WITHOUT_EXAMPLE:
        parameter["example"] = field_example(field, request=True)
    if where == "path" or schemas.is_required(field):
        parameter["required"] = True
    return parameter


def _body(binding: Binding, schemas: Schemas) -> Schema:
    request, in_path = binding.request, {name for name in binding.template.fields if "." not in name}
    if binding.body != "*":
        field = request.fields_by_name[binding.body]
        schema, sent = schemas.value(field, request=True), field_example(field, request=True)
        return {"required": schemas.is_required(field), "content": {JSON: {"schema": schema, "example": sent}}}
    if in_path:
        schema = schemas.inline(request, request=True, without=in_path)
    else:
        schema = schemas.reference(request, request=True)
    required = any(schemas.is_required(field) for field in request.fields if field.name not in in_path)
    sent = example(request, request=True, without=in_path)
    return {"required": required, "content": {JSON: {"schema": schema, "example": sent}}}


def _success(binding: Binding, schemas: Schemas) -> Answer:
    told = CACHING if binding.verb == "GET" else {}
    if GetMessageClass(binding.response) is httpbody_pb2.HttpBody:
        return Answer("The file.", FILE, {**told, "Content-Disposition": "The name of the file."})
    if binding.response_body:
        field = binding.response.fields_by_name[binding.response_body]
        description, schema = schemas.comment(field.full_name), schemas.value(field, request=False)
    else:
        description = schemas.comment(binding.response.full_name)
        schema = schemas.reference(binding.response, request=False)
    return Answer(description or "Success.", {JSON: schema}, told)
