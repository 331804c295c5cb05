"""How a call can be refused: what its comment in the contract names, and what can befall every call.

A comment names codes of gRPC, alone (`NOT_FOUND`) or with reasons of the catalog (`NOT_FOUND with reason
JOB_NOT_FOUND`), and other methods whose errors are its own too (`as GetRunResult`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from google.protobuf.descriptor import MethodDescriptor

from gateway.bindings import Binding
from gateway.errors import http_status
from loadcell.errors import REASONS, Code, LoadcellError

_NAMED = re.compile(r"\b([A-Z][A-Z_]{4,})\b(?! with reason)")
_SAME = re.compile(r"\bas ((?:\w+Service\.)?[A-Z]\w+)")
# Where the contract names a code and no reason.
_OF_CODE = {
    Code.INVALID_ARGUMENT: "INVALID_FIELD_VALUE",
    Code.DEADLINE_EXCEEDED: "REQUEST_TIMEOUT",
    Code.NOT_FOUND: "RESOURCE_NOT_FOUND",
    Code.PERMISSION_DENIED: "INSUFFICIENT_PERMISSIONS",
    Code.RESOURCE_EXHAUSTED: "TOO_MANY_REQUESTS",
    Code.FAILED_PRECONDITION: "ILLEGAL_TRANSITION",
    Code.UNAVAILABLE: "SERVICE_UNAVAILABLE",
    Code.UNAUTHENTICATED: "INVALID_API_KEY",
    Code.INTERNAL: "INTERNAL_SERVER_ERROR",
}
_ALWAYS = (
    "INVALID_REQUEST",
    "UNKNOWN_FIELD",
    "LIMIT_EXCEEDED",
    "FOREIGN_ORIGIN",
    "NOT_ACCEPTABLE",
    "URL_TOO_LONG",
    "HEADERS_TOO_LARGE",
    "INTERNAL_SERVER_ERROR",
)
"""What the gateway refuses, whatever is called."""
_OF_CALLS = (
    "MISSING_AUTHORIZATION",
    "INVALID_TOKEN",
    "EXPIRED_TOKEN",
    "INVALID_API_KEY",
    "INSUFFICIENT_PERMISSIONS",
    "RATE_LIMIT_EXCEEDED",
    "TOO_MANY_REQUESTS",
    "DATABASE_ERROR",
    "SERVICE_UNAVAILABLE",
    "REQUEST_TIMEOUT",
)
"""What the controller refuses, whatever is called."""
_OF_PATHS = ("RESOURCE_NOT_FOUND",)
_OF_BODIES = ("PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE")
_OF_FIELDS = ("MISSING_REQUIRED_FIELD", "INVALID_FIELD_FORMAT", "INVALID_FIELD_VALUE")
_OF_PAGES = ("INVALID_CURSOR",)

Refusals = dict[int, list[str]]
"""Reasons of the catalog by HTTP status."""


def refusals_of(binding: Binding, comments: Mapping[str, str]) -> Refusals:
    """Return how a call of the contract can be refused."""
    return by_status(
        [
            *sorted(_named(binding.method, comments, set())),
            *_OF_CALLS,
            *(_OF_PATHS if binding.template.fields else ()),
            *(_OF_BODIES if binding.body else ()),
            *(_OF_FIELDS if binding.request.fields else ()),
            *(_OF_PAGES if "cursor" in binding.request.fields_by_name else ()),
            *_ALWAYS,
        ]
    )


def refusals_of_route(reasons: Iterable[str], *, calls: bool) -> Refusals:
    """Return how a route that is no method can be refused.

    Args:
        reasons: what is its own.
        calls: whether it calls the controller.
    """
    return by_status([*reasons, *(_OF_CALLS if calls else ()), *_ALWAYS])


def by_status(reasons: Iterable[str]) -> Refusals:
    """Return reasons by the HTTP status they are answered with, each once."""
    found: Refusals = {}
    for reason in dict.fromkeys(reasons):
        found.setdefault(http_status(LoadcellError(reason, "")), []).append(reason)
    return dict(sorted(found.items()))


def _named(method: MethodDescriptor, comments: Mapping[str, str], seen: set[str]) -> set[str]:
    seen.add(method.full_name)
    text = " ".join(comments.get(method.full_name, "").split())
    found = {
        name if name in REASONS else _OF_CODE[Code[name]]
        for name in _NAMED.findall(text)
        if name in REASONS or (name in Code.__members__ and Code[name] in _OF_CODE)
    }
    for name in _SAME.findall(text):
        other = _method(method, name)
        if other is not None and other.full_name not in seen:
            found |= _named(other, comments, seen)
    return found


def _method(method: MethodDescriptor, name: str) -> MethodDescriptor | None:
    service = method.containing_service
    service_name, _, method_name = name.rpartition(".")
    if service_name:
        # Of another file, which is loaded: what is served is imported.
        pool = service.file.pool
        service = pool.FindServiceByName(f"{service.file.package}.{service_name}")
    return service.methods_by_name.get(method_name)
