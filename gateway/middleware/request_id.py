"""Gives every request its identifier and its log lines."""

from __future__ import annotations

import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loadcell.request_ids import kept_or_new
from loadcell.shown_credentials import without_credentials

HEADER = "X-Request-ID"
# Asked for every few seconds by machines.
_PROBES = frozenset({"/health", "/ready", "/alive", "/metrics"})
_log = structlog.get_logger()


class RequestId:
    """Binds request_id for logs and calls to the controller, and sends it back.

    The caller's X-Request-ID is kept when it is valid. Values of query parameters are not logged: people put
    secrets into URLs.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["request_id"] = kept_or_new(Headers(scope=scope).get(HEADER))
        structlog.contextvars.clear_contextvars()
        with structlog.contextvars.bound_contextvars(
            request_id=scope["request_id"], method=scope["method"], path=without_credentials(scope["path"][:512])
        ):
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, status = time.perf_counter(), 0

        async def identify(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = scope["request_id"]
            await send(message)

        client = scope.get("client")
        log = _log.debug if scope["path"] in _PROBES else _log.info
        log("request_started", query_params=_names(scope), client_ip=client[0] if client else None)
        try:
            await self._app(scope, receive, identify)
        except ClientDisconnect:
            _log.info("request_aborted")
        else:
            milliseconds = round((time.perf_counter() - started) * 1000, 3)
            log("request_completed", status_code=status, duration_ms=milliseconds)


def _names(scope: Scope) -> list[str]:
    text = scope.get("query_string", b"").decode("latin-1")[:2048]
    return [pair.partition("=")[0] for pair in text.split("&") if pair][:32]
