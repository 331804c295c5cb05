"""Answers of every operation: the headers all have, and how it can be refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any

from gateway.errors import error_document, http_status
from gateway.middleware.limits import HEADERS as LIMITS
from gateway.openapi.operation import JSON, Answer, Schema
from gateway.openapi.refusals import Refusals, by_status
from loadcell.errors import REASONS, LoadcellError

_ALWAYS = ("X-Request-ID",)
_OF_CALLS = (*_ALWAYS, *(name for name in LIMITS.values() if name != "Retry-After"))
_OF_STATUS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
_ABOUT_HEADERS = {
    "X-Request-ID": "Identifier of the call, as in the logs.",
    "X-RateLimit-Limit": "Calls a minute the caller may make.",
    "X-RateLimit-Remaining": "Calls the caller may make at once.",
    "X-RateLimit-Reset": "When the caller may make as many again as at the most, in seconds since 1970.",
    "Retry-After": "After how many seconds the call may come again.",
    "WWW-Authenticate": "How to say who is calling.",
}


def answer_object(answer: Answer, *, calls: bool) -> Schema:
    """Return an answer as the document has it."""
    headers: Schema = {name: _header(name) for name in (_OF_CALLS if calls else _ALWAYS)}
    for name, description in answer.headers.items():
        headers[name] = {"description": description, "schema": {"type": "string"}}
    found: Schema = {"description": answer.description, "headers": headers}
    if answer.content:
        found["content"] = {media_type: {"schema": schema} for media_type, schema in answer.content.items()}
    return found


def refusal_objects(refusals: Refusals, *, without: Collection[int]) -> dict[str, Schema]:
    """Return the answers a call is refused with, by status, with their reasons; not those of some statuses."""
    return {
        str(status): {
            "$ref": f"#/components/responses/{_name(status)}",
            "description": ", ".join(reasons),
        }
        for status, reasons in refusals.items()
        if status not in without
    }


def error_components() -> dict[str, dict[str, Schema]]:
    """Return the parts of the document that errors are made of: one schema and one answer for each status."""
    schemas: dict[str, Schema] = {"Error": _error_schema()}
    responses: dict[str, Schema] = {}
    for status, reasons in by_status(REASONS).items():
        name = _name(status)
        codes = {"properties": {"error": {"properties": {"error_code": {"enum": reasons}}}}}
        schemas[name] = {
            "description": f"An error with status {status}.",
            "allOf": [{"$ref": "#/components/schemas/Error"}, codes],
            "examples": [_example(reasons[0])],
        }
        responses[name] = {
            "description": HTTPStatus(status).phrase,
            "headers": {header: _header(header) for header in (*_OF_CALLS, *_OF_STATUS.get(status, ()))},
            "content": {JSON: {"schema": {"$ref": f"#/components/schemas/{name}"}}},
        }
    headers = {
        name: {"description": about, "schema": {"type": "string"}} for name, about in _ABOUT_HEADERS.items()
    }
    return {"schemas": schemas, "responses": responses, "headers": headers}


def error_rows() -> list[dict[str, Any]]:
    """Return every error of the catalog with its status."""
    return [
        {
            "error_code": reason,
            "code": row.number,
            "status": http_status(LoadcellError(reason, row.summary)),
            "category": LoadcellError(reason, row.summary).category,
            "summary": row.summary,
        }
        for reason, row in REASONS.items()
    ]


def _header(name: str) -> Schema:
    return {"$ref": f"#/components/headers/{name}"}


def _name(status: int) -> str:
    return f"Error{status}"


def _example(reason: str) -> Mapping[str, Any]:
    error = LoadcellError(reason, REASONS[reason].summary)
    document = error_document(error, path="", request_id="7c9e6679-7425-40de-944b-e07fc1f90ae7")
    document["meta"]["timestamp"] = "2026-01-31T12:00:00.000000Z"
    return document


def _error_schema() -> Schema:
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "What every refused or failed call answers.",
        "required": ["error", "meta"],
        "properties": {
            "error": {
                "type": "object",
                "description": "What is wrong.",
                "required": ["code", "error_code", "category", "message"],
                "properties": {
                    "code": {"type": "integer", "description": "Number of the error, 1000 to 1999."},
                    "error_code": {**text, "enum": list(REASONS), "description": "Name of the error."},
                    "category": {**text, "description": "Kind of error, such as VALIDATION."},
                    "message": {**text, "description": "What happened, and what to do."},
                    "field": {**text, "description": "Dotted path of the offending field."},
                    "details": {
                        "type": "object",
                        "additionalProperties": text,
                        "description": "Values for programs.",
                    },
                },
            },
            "meta": {
                "type": "object",
                "description": "Which call this was.",
                "required": ["timestamp", "request_id", "documentation_url"],
                "properties": {
                    "timestamp": {**text, "format": "date-time", "description": "When it was answered, UTC."},
                    "request_id": {**text, "description": "As in the header X-Request-ID."},
                    "documentation_url": {**text, "description": "Where the error is explained."},
                },
            },
            "detail": {**text, "description": "The message again, of /api/v1/benchmark only."},
        },
        "examples": [_example("RUN_NOT_FOUND")],
    }
