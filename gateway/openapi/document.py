"""The document: every operation with what all of them share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import loadcell
from gateway.bindings import Binding
from gateway.openapi.answers import answer_object, error_components, error_rows, refusal_objects
from gateway.openapi.calls import call_operation
from gateway.openapi.operation import WEBSOCKET, Operation, Schema
from gateway.openapi.refusals import refusals_of_route
from gateway.openapi.schemas import Schemas
from loadcell.request_ids import ALLOWED

_DESCRIPTION = (
    f"Every answer carries X-Request-ID; send your own ({ALLOWED}) to find the call in the logs. Bodies are "
    "JSON. Unknown fields and parameters are refused."
)


def make_document(
    bindings: Iterable[Binding], operations: Iterable[Operation], comments: Mapping[str, str]
) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document.

    Args:
        bindings: the HTTP calls of the contract.
        operations: what else is served.
        comments: comments of the contract by full name.
    """
    schemas = Schemas(comments)
    paths: dict[str, dict[str, Any]] = {}
    used: set[str] = set()
    for binding in bindings:
        name = binding.method.name
        if name in used:
            name = f"{name}{binding.verb.title()}{len(used)}"
        used.add(name)
        operation = call_operation(binding, name, schemas)
        paths.setdefault(binding.template.documented, {})[binding.verb.lower()] = operation
    sockets = []
    for written in operations:
        if written.verb == WEBSOCKET:
            sockets.append(_socket(written))
        else:
            paths.setdefault(written.path, {})[written.verb.lower()] = _written_operation(written)
    shared = error_components()
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
            **shared,
            "schemas": dict(sorted((schemas.components | shared["schemas"]).items())),
            "securitySchemes": {
                "ApiKey": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-API-Key",
                    "description": "A key of loadcell, or the one that is configured.",
                },
                "Bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of POST /api/v1/auth/token, or a key.",
                },
            },
        },
        "x-errors": error_rows(),
        "x-websockets": sockets,
    }


def _socket(written: Operation) -> Schema:
    return {
        "path": written.path,
        "operationId": written.name,
        "summary": written.summary.rstrip("."),
        "description": written.description,
        "parameters": list(written.parameters),
    }


def _written_operation(written: Operation) -> Schema:
    refusals = refusals_of_route(written.refused, calls=written.calls)
    answers = {
        str(status): answer_object(answer, calls=written.calls) for status, answer in written.answers.items()
    }
    operation: Schema = {
        "operationId": written.name,
        "tags": [written.tag],
        "summary": written.summary.rstrip("."),
        "description": written.description,
        "parameters": list(written.parameters),
        "responses": {**answers, **refusal_objects(refusals, without=written.answers)},
    }
    if not written.calls:
        operation["security"] = [{}]
    if written.body:
        content = {media_type: {"schema": schema} for media_type, schema in written.body.items()}
        operation["requestBody"] = {"required": True, "content": content}
    return operation
