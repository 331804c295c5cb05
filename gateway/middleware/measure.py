"""Counts and times every request."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.metrics.http import HttpMetrics

UNMATCHED = "unmatched"


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
        started = time.perf_counter()
        status = 0

        async def observe(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, observe)
        finally:
            template = self._templates.get(scope.get("endpoint"), UNMATCHED)
            self._metrics.observe(scope["method"], template, status, time.perf_counter() - started)
