"""Counts, times and measures every request."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.metrics.http import HttpMetrics

UNMATCHED = "unmatched"
_WITH_BODIES = frozenset({"POST", "PUT", "PATCH"})


class Measure:
    """Feeds the gateway's own metrics.

    Args:
        app: the next application.
        metrics: where counts and times go.
        templates: template of the path of each endpoint. The label is never the path itself: everybody can make up
            paths, and each would be a series of its own.
    """

    def __init__(self, app: ASGIApp, *, metrics: HttpMetrics, templates: Mapping[Any, str]) -> None:
        self._app = app
        self._metrics = metrics
        self._templates = templates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = sent = received = 0

        async def observe(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                sent += len(message.get("body", b""))
            await send(message)

        async def read() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            return message

        has_body = scope["method"] in _WITH_BODIES
        self._metrics.in_flight += 1
        started = time.perf_counter()
        try:
            await self._app(scope, read if has_body else receive, observe)
        finally:
            self._metrics.in_flight -= 1
            self._metrics.observe(
                scope["method"],
                self._templates.get(scope.get("endpoint"), UNMATCHED),
                status,
                time.perf_counter() - started,
                received=received if has_body else None,
                sent=sent,
                request_id=scope.get("request_id", ""),
            )
