"""Bounds on what the URL and the body of a request may be, before any route looks at them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.errors import error_response
from loadcell.errors import LoadcellError

MAX_PATH_BYTES = 2_048
MAX_QUERY_BYTES = 16 * 1024
MAX_PARAMETERS = 256
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


class Bounds:
    """Refuses requests with a URL that no route has a use for, and compressed bodies."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        refusal = _refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        # The path may be the very thing that is too long.
        path = scope["path"][:MAX_PATH_BYTES]
        await error_response(refusal, path=path, request_id=scope["request_id"])(scope, receive, send)


def _refusal(scope: Scope) -> LoadcellError | None:
    path, query = scope["raw_path"], scope["query_string"]
    return _excess(path, query) or _unreadable(path, query) or _encoded(scope["headers"])


def _excess(path: bytes, query: bytes) -> LoadcellError | None:
    if len(path) > MAX_PATH_BYTES:
        return LoadcellError("URL_TOO_LONG", f"the path is longer than {MAX_PATH_BYTES:,} bytes")
    if len(query) > MAX_QUERY_BYTES:
        return LoadcellError("URL_TOO_LONG", f"the query is longer than {MAX_QUERY_BYTES:,} bytes")
    if query.count(b"&") >= MAX_PARAMETERS:
        return LoadcellError("LIMIT_EXCEEDED", f"the query has more than {MAX_PARAMETERS} parameters")
    return None


def _unreadable(path: bytes, query: bytes) -> LoadcellError | None:
    """Return what is wrong with escapes: decoders make other characters of some, and routes overlook line ends."""
    for name, text in (("path", path), ("query", query)):
        if b"%" not in text:
            continue
        decoded = unquote_to_bytes(text)
        try:
            decoded.decode()
        except UnicodeDecodeError:
            return LoadcellError("INVALID_REQUEST", f"the {name} of the URL is not UTF-8")
        if name == "path" and _CONTROL.search(decoded):
            return LoadcellError("INVALID_REQUEST", "the path of the URL has control characters")
    return None


def _encoded(headers: Iterable[tuple[bytes, bytes]]) -> LoadcellError | None:
    for name, value in headers:
        if name == b"content-encoding" and value.strip().lower() != b"identity":
            return LoadcellError("UNSUPPORTED_MEDIA_TYPE", "send the body without Content-Encoding")
    return None
