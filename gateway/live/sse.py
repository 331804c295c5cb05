"""The same as server-sent events: what waits goes out, with heartbeats in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.responses import Response, StreamingResponse

from gateway.live.outbox import Outbox, Told
from gateway.live.words import failure, lagged

HEARTBEAT_SECONDS: Final = 15.0  # proxies end what is silent for a minute
LAST_EVENT_ID: Final = "last-event-id"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_TYPE = "text/event-stream"


def stream_of(outbox: Outbox) -> Response:
    """Return the answer that sends what is put into an outbox."""
    return StreamingResponse(_events(outbox), media_type=_TYPE, headers=_HEADERS)


def head_of_stream() -> Response:
    """Return the same without the body."""
    head = Response(None, media_type=_TYPE, headers=_HEADERS)
    del head.headers["content-length"]  # nobody knows it
    return head


def nothing_more() -> Response:
    """Return the answer after which a browser does not come back."""
    return Response(None, 204, headers=_HEADERS)


async def _events(outbox: Outbox) -> AsyncIterator[str]:
    yield ": open\n\n"
    while True:
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                missed, messages, end = await outbox.take()
        except TimeoutError:
            yield ": heartbeat\n\n"
            continue
        if missed:
            messages = [lagged(missed), *messages]
        if end is not None and end.error is not None:
            messages.append(failure(end.error))
        if messages:
            yield "".join(map(_event, messages))
        if end is not None:
            return


def _event(message: Told) -> str:
    number = f"id: {message.number}\n" if message.number else ""
    return f"{number}event: {message.name}\ndata: {message.text}\n\n"
