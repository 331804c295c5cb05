"""Bounds on what the URL of a request may hold."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.errors import error_response
from loadcell.errors import LoadcellError

MAX_PATH_BYTES = 2_048
MAX_QUERY_BYTES = 16 * 1024
MAX_PARAMETERS = 256


class Bounds:
    """Refuses requests with a path, a query or a number of parameters that no route has a use for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        why = _excess(scope["raw_path"], scope["query_string"]) if scope["type"] == "http" else ""
        if not why:
            await self._app(scope, receive, send)
            return
        error = LoadcellError("LIMIT_EXCEEDED", why)
        await error_response(error, path="", request_id=scope["request_id"])(scope, receive, send)


def _excess(path: bytes, query: bytes) -> str:
    if len(path) > MAX_PATH_BYTES:
        return f"the path is longer than {MAX_PATH_BYTES:,} bytes"
    if len(query) > MAX_QUERY_BYTES:
        return f"the query is longer than {MAX_QUERY_BYTES:,} bytes"
    if query.count(b"&") >= MAX_PARAMETERS:
        return f"the query has more than {MAX_PARAMETERS} parameters"
    return ""
