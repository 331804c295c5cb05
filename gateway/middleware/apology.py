"""Whatever goes wrong has a JSON answer."""

from __future__ import annotations

import asyncio

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.errors import error_response
from loadcell.errors import LoadcellError

_log = structlog.get_logger()


class Apology:
    """Answers unexpected exceptions with 500, the cause being for the log only, and whoever is cut off with 503.

    It is inside of what adds headers, so that pages of other origins can read this answer like any other.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        begun = False

        async def note(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, note)
        except ClientDisconnect:
            raise
        except asyncio.CancelledError:
            # The server does so with what still goes on when the time to stop is over, and nobody else does.
            if begun:
                raise
            await _apologise(LoadcellError("SERVICE_UNAVAILABLE", "the gateway is stopping"), scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the outermost place; it is logged with its trace and answered
            _log.exception("request_failed", error=str(error), error_type=type(error).__name__)
            if not begun:
                apology = LoadcellError("INTERNAL_SERVER_ERROR", "an unexpected error; the log has the cause")
                await _apologise(apology, scope, receive, send)


async def _apologise(error: LoadcellError, scope: Scope, receive: Receive, send: Send) -> None:
    await error_response(error, path=scope["path"], request_id=scope["request_id"])(scope, receive, send)
