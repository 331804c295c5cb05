"""Errors as HTTP responses: one table from the catalog to a status, one shape of the body."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from loadcell.errors import LoadcellError

# Statuses that old clients of /benchmark know, with the texts they know them by.
_BENCHMARK_PREFIX = "/api/v1/benchmark"
_BENCHMARK_DETAILS = {
    "RUN_NOT_FOUND": "Run not found",
    "RESULT_NOT_FOUND": "Result not found",
    "RUN_NOT_FINISHED": "Benchmark still running",
    "RUN_FAILED": "Benchmark failed",
    "RECOMMENDATION_NOT_FOUND": "Recommendation run not found",
    "MISSING_AUTHORIZATION": "Invalid or missing API key",
    "INVALID_API_KEY": "Invalid or missing API key",
}
_STATUS_OF_CATEGORY = {
    "AUTHENTICATION": 401,
    "AUTHORIZATION": 403,
    "VALIDATION": 400,
    "NOT_FOUND": 404,
    "CONFLICT": 409,
    "RATE_LIMIT": 429,
    "DATABASE": 503,
    "EXTERNAL": 503,
    "TIMEOUT": 504,
    "INTERNAL": 500,
}
_STATUS_OF_REASON = {
    "RUN_NOT_FINISHED": 202,
    "RUN_FAILED": 500,
    "RECOMMENDATION_FAILED": 500,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406,
    "PAYLOAD_TOO_LARGE": 413,
    "URL_TOO_LONG": 414,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "RANGE_NOT_SATISFIABLE": 416,
    "HEADERS_TOO_LARGE": 431,
    "NOT_IMPLEMENTED": 501,
    "SERVICE_UNAVAILABLE": 503,
}


_EVERY_VERB = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

# After so long it is worth another try where nobody has told a time: what is full is full for longer.
_RETRY_SECONDS = {429: 30, 503: 1}


def http_status(error: LoadcellError) -> int:
    """Return the HTTP status of an error: that of its reason, else that of its category."""
    return _STATUS_OF_REASON.get(error.reason) or _STATUS_OF_CATEGORY[error.category]


def error_document(error: LoadcellError, *, path: str, request_id: str) -> dict[str, Any]:
    """Return the body of an error; those of /benchmark have the `detail` of older clients too."""
    body: dict[str, Any] = {
        "code": error.row.number,
        "error_code": error.reason,
        "category": error.category,
        "message": error.message,
    }
    if error.metadata:
        body["details"] = error.metadata
    if error.field is not None:
        body["field"] = error.field
    document: dict[str, Any] = {
        "error": body,
        "meta": {
            "timestamp": now(),
            "request_id": request_id,
            "documentation_url": f"/docs#{error.reason}",
        },
    }
    if path.startswith(_BENCHMARK_PREFIX):
        document["detail"] = _BENCHMARK_DETAILS.get(error.reason, error.message)
    return document


def retry_after(error: LoadcellError) -> str:
    """Return what an error of status 429 or 503 says when nobody knows better; in seconds."""
    return str(_RETRY_SECONDS[http_status(error)])


def error_response(
    error: LoadcellError, *, path: str, request_id: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the HTTP response of an error."""
    status = http_status(error)
    extra = dict(headers or {})
    if status == 401:
        extra.setdefault("WWW-Authenticate", "ApiKey")
    if status in _RETRY_SECONDS:
        extra.setdefault("Retry-After", retry_after(error))
    body = orjson.dumps(error_document(error, path=path, request_id=request_id))
    return Response(body, status, media_type="application/json", headers=extra)


def now() -> str:
    """Return the time as answers write it: RFC 3339, UTC, microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


async def on_loadcell_error(request: Request, error: Exception) -> Response:
    """Handle an error of the catalog raised by a route."""
    if not isinstance(error, LoadcellError):
        raise error
    return error_response(error, path=request.url.path, request_id=request.scope["request_id"])


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Handle what the router refuses: an unknown path or a verb the path does not take.

    No route takes OPTIONS by itself, so each is asked here which verbs it takes.
    """
    if not isinstance(error, HTTPException):
        raise error
    path, headers = request.url.path, dict(error.headers or {})
    if request.method == "OPTIONS" and request.scope["path"] == "*":
        return Response(status_code=204, headers={"Allow": _EVERY_VERB})
    if error.status_code == 405:
        headers["Allow"] = f"{headers['Allow']}, OPTIONS"
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
        refused = LoadcellError("METHOD_NOT_ALLOWED", f"{path} does not take {request.method}")
    else:
        refused = LoadcellError("RESOURCE_NOT_FOUND", f"there is nothing at {path}")
    return error_response(refused, path=path, request_id=request.scope["request_id"], headers=headers)
