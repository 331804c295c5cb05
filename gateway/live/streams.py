"""The routes of server-sent events, and how many watch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Final

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.live.live import Live
from gateway.live.outbox import Outbox
from gateway.live.progress import LAST
from gateway.live.sse import LAST_EVENT_ID, head_of_stream, nothing_more, stream_of
from loadcell.documents import parse_query
from loadcell.errors import LoadcellError
from loadcell.v1 import event_pb2

# Besides those that say what is wanted; `last_event_id` is for pages that open a stream anew themselves.
_OF_CONNECTION: Final = frozenset({"ticket", "token", "last_event_id"})
_FILTERS: Final = frozenset(event_pb2.EventFilter.DESCRIPTOR.fields_by_name)


class Stream(ABC):
    """One kind of stream, as an ASGI application."""

    def __init__(self, live: Live) -> None:
        self.live = live

    @abstractmethod
    async def enter(self, stack: AsyncExitStack, request: Request, outbox: Outbox) -> Response:
        """Let what the client wants come into its outbox; return the answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one."""
        request = Request(scope, receive)
        if request.method not in {"GET", "HEAD"}:
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        with self.live.opened() as outbox:
            async with AsyncExitStack() as stack:
                response = await self.enter(stack, request, outbox)
                answer = head_of_stream() if request.method == "HEAD" else response
                await answer(scope, receive, send)


class RunStream(Stream):
    """Tells how a run goes on; who comes back is told how it stands, unless they have heard the end."""

    async def enter(self, stack: AsyncExitStack, request: Request, outbox: Outbox) -> Response:
        """Watch the run."""
        list(_parameters(request, frozenset()))
        await self.live.watch_run(stack, self.live.streams, request, outbox)
        return nothing_more() if _last_seen(request) == LAST else stream_of(outbox)


class EventStream(Stream):
    """Tells of the events that the query names; who comes back goes on where they were."""

    async def enter(self, stack: AsyncExitStack, request: Request, outbox: Outbox) -> Response:
        """Subscribe."""
        wanted = [_as_field(name, value) for name, value in _parameters(request, _FILTERS | {"events"})]
        asked = parse_query(event_pb2.SubscribeRequest, wanted)
        words = [word for text in asked.events for word in text.split(",") if word]
        del asked.events[:]
        asked.events.extend(words)
        seen = _last_seen(request)
        if seen:
            asked.after_sequence = _number(seen)
        session = await self.live.open_session(stack, self.live.streams, request, outbox)
        session.announces = False
        await session.subscribe(asked)
        return stream_of(outbox)


def counts_of(live: Live) -> Callable[[Request], Awaitable[Response]]:
    """Return what tells how many watch which run."""

    async def counts(request: Request) -> Response:
        body = orjson.dumps(await live.counts(request))
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})

    return counts


def _parameters(request: Request, known: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield what the query asks for."""
    for name, value in request.query_params.multi_items():
        if name in known:
            yield name, value
        elif name not in _OF_CONNECTION:
            raise LoadcellError("UNKNOWN_FIELD", f"there is no parameter {name[:64]}", field=name[:64])


def _as_field(name: str, value: str) -> tuple[str, str]:
    return (f"filters.{name}" if name in _FILTERS else name), value


def _last_seen(request: Request) -> str:
    return request.headers.get(LAST_EVENT_ID) or request.query_params.get("last_event_id", "")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise LoadcellError(
            "INVALID_FIELD_FORMAT", "Last-Event-ID must be the number of an event", field="Last-Event-ID"
        )
    return int(text)
