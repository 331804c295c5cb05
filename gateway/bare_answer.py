"""Answers to what no application sees, as bytes: they look like all others."""

from __future__ import annotations

import orjson

from gateway.errors import error_document, retry_after
from gateway.heads import Fault
from gateway.middleware.headers import HEADERS
from gateway.middleware.request_id import HEADER as REQUEST_ID


def bare_answer(fault: Fault, path: str, request_id: str) -> bytes:
    """Return head and body of the last answer on a connection; `path` is the one asked for, empty: not known."""
    body = orjson.dumps(error_document(fault.error, path=path, request_id=request_id))
    headers = {
        **HEADERS,
        REQUEST_ID: request_id,
        "Cache-Control": "no-store",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    if fault.status.startswith("503"):
        headers["Retry-After"] = retry_after(fault.error)
    lines = [f"HTTP/1.1 {fault.status}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body
