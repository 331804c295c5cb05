"""Paths, parameters and answers of every HTTP route."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from google.api import httpbody_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

import loadcell
from gateway.bindings import Binding
from gateway.download import METHOD as DOWNLOAD
from gateway.download import PATH as DOWNLOAD_PATH
from gateway.errors import error_document, http_status
from gateway.health import Probe
from gateway.openapi.schemas import Schema, Schemas
from gateway.transcode import takes_idempotency_key
from loadcell.errors import REASONS, LoadcellError
from loadcell.request_ids import ALLOWED

_DESCRIPTION = (
    f"Every answer carries X-Request-ID; send your own ({ALLOWED}) to find the call in the logs. Bodies are "
    "JSON. Unknown fields and parameters are refused."
)


def make_document(
    bindings: Iterable[Binding], probes: Iterable[Probe], comments: Mapping[str, str]
) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document.

    Args:
        bindings: the HTTP calls of the contract.
        probes: the health routes.
        comments: comments of the contract by full name.
    """
    schemas = Schemas(comments)
    paths: dict[str, dict[str, Any]] = {}
    used: set[str] = set()
    for binding in bindings:
        operation = _operation(binding, schemas, used)
        paths.setdefault(binding.template.documented, {})[binding.verb.lower()] = operation
    paths[DOWNLOAD_PATH] = {"get": _download_operation(schemas)}
    for probe in probes:
        paths.setdefault(probe.path, {})["get"] = _probe_operation(probe)
    schemas.components["Error"] = _error_schema()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "loadcell",
            "version": loadcell.__version__,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"ApiKey": []}, {"Bearer": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "securitySchemes": {
                "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "Bearer": {"type": "http", "scheme": "bearer"},
            },
        },
        "x-errors": _errors(),
    }


def _operation(binding: Binding, schemas: Schemas, used: set[str]) -> dict[str, Any]:
    method = binding.method
    summary, _, description = schemas.comment(method.full_name).partition(". ")
    name = method.name if method.name not in used else f"{method.name}{binding.verb.title()}{len(used)}"
    used.add(name)
    operation: dict[str, Any] = {
        "operationId": name,
        "tags": [method.containing_service.name.removesuffix("Service")],
        "summary": " ".join(summary.split()).rstrip("."),
        "description": " ".join(description.split()),
        "parameters": list(_parameters(binding, schemas)),
        "responses": {str(binding.status): _success(binding, schemas), "default": _failure()},
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
    if takes_idempotency_key(binding):
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "A UUID that makes repeats of the call return the first answer.",
            "schema": {"type": "string", "format": "uuid"},
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
    parent: Any = message
    for part in outer:
        parent = parent.fields_by_name[part].message_type
    field: FieldDescriptor = parent.fields_by_name[last]
    return field


def _parameter(name: str, where: str, field: FieldDescriptor, schemas: Schemas) -> Schema:
    parameter: Schema = {
        "name": name,
        "in": where,
        "description": schemas.comment(field.full_name),
        "schema": schemas.value(field, request=True),
    }
    if where == "path" or schemas.is_required(field):
        parameter["required"] = True
    return parameter


def _body(binding: Binding, schemas: Schemas) -> Schema:
    request, in_path = binding.request, {name for name in binding.template.fields if "." not in name}
    if binding.body != "*":
        field = request.fields_by_name[binding.body]
        return {"required": schemas.is_required(field), "content": _json(schemas.value(field, request=True))}
    if in_path:
        schema = schemas.inline(request, request=True, without=in_path)
    else:
        schema = schemas.reference(request, request=True)
    required = any(schemas.is_required(field) for field in request.fields if field.name not in in_path)
    return {"required": required, "content": _json(schema)}


def _success(binding: Binding, schemas: Schemas) -> Schema:
    if GetMessageClass(binding.response) is httpbody_pb2.HttpBody:
        return {"description": "The file.", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}
    if binding.response_body:
        field = binding.response.fields_by_name[binding.response_body]
        description, schema = schemas.comment(field.full_name), schemas.value(field, request=False)
    else:
        description = schemas.comment(binding.response.full_name)
        schema = schemas.reference(binding.response, request=False)
    return {"description": description or "Success.", "content": _json(schema)}


def _failure() -> Schema:
    return {
        "description": "An error; x-errors lists every error_code with its status.",
        "content": _json({"$ref": "#/components/schemas/Error"}),
    }


def _download_operation(schemas: Schemas) -> dict[str, Any]:
    summary, _, description = schemas.comment(DOWNLOAD.full_name).partition(". ")
    job_id: FieldDescriptor = DOWNLOAD.input_type.fields_by_name["job_id"]
    file = {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}
    return {
        "operationId": DOWNLOAD.name,
        "tags": ["Export"],
        "summary": " ".join(summary.split()),
        "description": " ".join(description.split()),
        "parameters": [
            _parameter("job_id", "path", job_id, schemas),
            {
                "name": "Range",
                "in": "header",
                "description": "Bytes that are wanted, such as bytes=1000-.",
                "schema": {"type": "string"},
            },
        ],
        "responses": {
            "200": {"description": "The file.", **file},
            "206": {"description": "The part of the file.", **file},
            "default": _failure(),
        },
    }


def _probe_operation(probe: Probe) -> dict[str, Any]:
    schema = {"type": "object"}
    return {
        "operationId": "probe" + "".join(part.title() for part in probe.path.split("/")),
        "tags": ["Health"],
        "summary": probe.summary.rstrip("."),
        "security": [{}],
        "responses": {
            "200": {"description": "Well.", "content": _json(schema)},
            "default": {"description": "Not well.", "content": _json(schema)},
        },
    }


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _errors() -> list[dict[str, Any]]:
    rows = []
    for reason, row in REASONS.items():
        error = LoadcellError(reason, row.summary)
        rows.append(
            {
                "error_code": reason,
                "code": row.number,
                "status": http_status(error),
                "category": error.category,
                "summary": row.summary,
            }
        )
    return rows


def _error_schema() -> Schema:
    example = error_document(
        LoadcellError("RUN_NOT_FOUND", "there is no run x", field="run_id"), path="", request_id="r"
    )
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "What every refused or failed call answers.",
        "required": ["error", "meta"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "error_code", "category", "message"],
                "properties": {
                    "code": {"type": "integer", "description": "Number of the error, 1000 to 1999."},
                    "error_code": {"type": "string", "enum": list(REASONS)},
                    "category": text,
                    "message": text,
                    "field": {"type": "string", "description": "Dotted path of the offending field."},
                    "details": {"type": "object", "additionalProperties": text},
                },
            },
            "meta": {
                "type": "object",
                "required": list(example["meta"]),
                "properties": {
                    "timestamp": {"type": "string", "format": "date-time"},
                    "request_id": text,
                    "documentation_url": text,
                },
            },
            "detail": {"type": "string", "description": "The message again, below /api/v1/benchmark/ only."},
        },
    }
