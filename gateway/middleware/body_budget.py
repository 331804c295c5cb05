"""How many bytes of bodies the gateway holds at once, of all requests together."""

from __future__ import annotations

from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loadcell.errors import LoadcellError

MOST_BYTES = 256 * 1024 * 1024
ALWAYS_TAKEN_BYTES = 64 * 1024  # of one request: nearly all are smaller, and there are only so many connections


class BodyBudget:
    """Refuses to read on in large bodies while others have taken all there is room for.

    Each body has a bound of its own, and so has the number of connections; without this one, memory would be
    bounded by their product.

    Args:
        app: the next application.
        passed_on: paths whose bodies go to the controller in pieces. It takes a hundred calls at once and no piece
            is read before its call is let in, so that is the bound of these.
    """

    def __init__(self, app: ASGIApp, *, passed_on: Collection[str] = ()) -> None:
        self._app = app
        self._passed_on = frozenset(passed_on)
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request.

        Raises:
            LoadcellError: SERVICE_UNAVAILABLE, where the body is read.
        """
        if scope["type"] != "http" or scope["path"] in self._passed_on:
            await self._app(scope, receive, send)
            return
        own = 0

        async def take() -> Message:
            nonlocal own
            message = await receive()
            size = len(message.get("body", b""))
            own += size
            self._held += size
            if self._held > MOST_BYTES and own > ALWAYS_TAKEN_BYTES:
                raise LoadcellError("SERVICE_UNAVAILABLE", "too many large bodies arrive at once; try again")
            return message

        try:
            await self._app(scope, take, send)
        finally:
            self._held -= own
