"""Tells callers how they stand with the limits of the controller."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loadcell.channel import RATE_LIMIT_METADATA, RETRY_AFTER_METADATA

_NAMES = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After")
HEADERS = dict(zip((*RATE_LIMIT_METADATA, RETRY_AFTER_METADATA), _NAMES, strict=True))
_TOLD: ContextVar[dict[str, str]] = ContextVar("limits_told")


class Limits:
    """Makes headers of what the controller said of the last call that was made for a request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        told: dict[str, str] = {}
        _TOLD.set(told)

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        await self._app(scope, receive, add)


def note_limits(metadata: Iterable[tuple[str, Any]] | None) -> None:
    """Note what came with a call that was made for the request that is being served, if there is one."""
    told = _TOLD.get(None)
    if told is not None:
        told.update({HEADERS[name]: str(value) for name, value in metadata or () if name in HEADERS})
