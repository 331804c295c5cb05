"""Bounds on what the URL and the body of a request may be, before any route looks at them."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.errors import error_response
from loadcell.errors import LoadcellError

MAX_PATH_BYTES = 2_048
MAX_QUERY_BYTES = 16 * 1024
MAX_PARAMETERS = 256


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
    if len(path) > MAX_PATH_BYTES:
        return LoadcellError("URL_TOO_LONG", f"the path is longer than {MAX_PATH_BYTES:,} bytes")
    if len(query) > MAX_QUERY_BYTES:
        return LoadcellError("URL_TOO_LONG", f"the query is longer than {MAX_QUERY_BYTES:,} bytes")
    if query.count(b"&") >= MAX_PARAMETERS:
        return LoadcellError("LIMIT_EXCEEDED", f"the query has more than {MAX_PARAMETERS} parameters")
    for name, text in (("path", path), ("query", query)):
        if b"%" in text and not _is_utf8(text):
            # Decoders put replacement characters there, and something else would be looked for than was asked.
            return LoadcellError("INVALID_REQUEST", f"the {name} of the URL is not UTF-8")
    return _encoded(scope["headers"])


def _is_utf8(text: bytes) -> bool:
    try:
        unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        return False
    return True


def _encoded(headers: Iterable[tuple[bytes, bytes]]) -> LoadcellError | None:
    for name, value in headers:
        if name == b"content-encoding" and value.strip().lower() != b"identity":
            return LoadcellError("UNSUPPORTED_MEDIA_TYPE", "send the body without Content-Encoding")
    return None
