"""A key that every request must carry, in the form that Prometheus sends."""

from __future__ import annotations

import hmac

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.errors import error_response
from loadcell.errors import LoadcellError
from loadcell.settings import Secret

_SCHEME = "bearer"


class BearerKey:
    """Refuses requests without "Authorization: Bearer <key>" (RFC 6750)."""

    def __init__(self, app: ASGIApp, *, key: Secret) -> None:
        self._app = app
        self._key = key.reveal().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        error = self._refusal(Headers(scope=scope)) if scope["type"] == "http" else None
        if error is None:
            await self._app(scope, receive, send)
        else:
            request_id, headers = scope["request_id"], {"WWW-Authenticate": "Bearer"}
            response = error_response(error, path=scope["path"], request_id=request_id, headers=headers)
            await response(scope, receive, send)

    def _refusal(self, headers: Headers) -> LoadcellError | None:
        scheme, separator, given = headers.get("authorization", "").partition(" ")
        if not separator or scheme.lower() != _SCHEME:
            return LoadcellError("MISSING_AUTHORIZATION", "send the key as Authorization: Bearer <key>")
        if not hmac.compare_digest(given.encode("latin-1"), self._key):
            return LoadcellError("INVALID_API_KEY", "the key is not that of the exporter")
        return None
