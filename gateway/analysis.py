"""What a result means: as server-sent events while it is made, or as one document."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, Final, cast

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.credentials import credentials
from gateway.negotiation import is_accepted
from gateway.openapi.operation import JSON, Answer, Operation, path_parameter, query_parameter
from gateway.upstream import Upstream
from loadcell.documents import parse, query_values, render
from loadcell.errors import LoadcellError
from loadcell.v1 import analysis_pb2, run_pb2

PATH: Final = "/api/v1/benchmark/result/{run_id}/analysis"
METHOD: Final = run_pb2.DESCRIPTOR.services_by_name["RunService"].methods_by_name["AnalyzeRun"]
_EVENTS: Final = "text/event-stream"
# As of other answers: nobody but the caller may keep it.
_HEADERS: Final = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization, X-API-Key"}
_OF_EVENTS: Final = {**_HEADERS, "Connection": "keep-alive", "X-Accel-Buffering": "no"}
_DONE: Final = "data: [DONE]\n\n"
_SIGN_OF_LIFE: Final = ": heartbeat\n\n"
_TEXT: Final = {"type": "string"}
_OLDER: Final = "Older parameter; an error unless it is what the controller is set to."
OPERATION = Operation(
    PATH,
    METHOD.name,
    "Run",
    "Says what a result means: capacity, bottleneck, errors, what the numbers are worth, which load to serve",
    {
        200: Answer(
            "The analysis. As events, each `data:` is an object with thinking, content or error, and the last is"
            " [DONE], also after an error.",
            {
                _EVENTS: _TEXT,
                JSON: {
                    "type": "object",
                    "properties": {
                        "run_id": _TEXT,
                        "mode": {"type": "string", "enum": ["rules", "llm"]},
                        "language": _TEXT,
                        "model": _TEXT,
                        "text": _TEXT,
                        "findings": {"type": "array", "items": {"type": "object"}},
                        "created_at": {"type": "string", "format": "date-time"},
                    },
                    "required": ["run_id", "mode", "language", "text"],
                },
            },
        )
    },
    description=(
        "One document with Accept: application/json. Rules answer at once; what a model made is stored. HEAD has"
        " none made."
    ),
    parameters=(
        path_parameter("run_id", "Identifier of the run.", "0190f3a1-7c42-7e0a-9c1d-3b5f8a2e6d40"),
        query_parameter("mode", "rules (default) or llm.", {"type": "string", "enum": ["rules", "llm"]}),
        query_parameter("language", "en (default) or ko.", {"type": "string", "enum": ["en", "ko"]}),
        query_parameter("refresh", "Has the model make it anew.", {"type": "boolean"}),
        query_parameter("server_url", _OLDER),
        query_parameter("model", _OLDER),
        query_parameter("is_thinking_model", _OLDER, {"type": "boolean"}),
    ),
    refused=(
        "INVALID_FIELD_VALUE",
        "INVALID_FIELD_FORMAT",
        "RUN_NOT_FOUND",
        "RESULT_NOT_FOUND",
        "RUN_NOT_FINISHED",
        "RUN_FAILED",
        "RUN_DELETED",
        "ANALYSIS_OFF",
        "ANALYSIS_FAILED",
    ),
)


def analysis_route(upstream: Upstream) -> Route:
    """Return the route."""
    return Route(PATH, _Analysis(upstream))


class _Analysis:
    """The route, as an ASGI application."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method not in {"GET", "HEAD"}:
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        as_events = _wants_events(request.headers.get("accept", ""))
        query = [*request.query_params.multi_items(), ("run_id", request.path_params["run_id"])]
        asked = parse(analysis_pb2.AnalyzeRunRequest, query_values(METHOD.input_type, query))
        if request.method == "HEAD" and asked.mode in analysis_pb2.AnalysisMode.values():
            # Nobody would read what a model makes for it.
            asked.mode = analysis_pb2.ANALYSIS_MODE_RULES
        pieces = self._upstream.stream(METHOD, asked, metadata=credentials(request))
        # An error comes instead of the first piece, while the status can still say so.
        first = await anext(pieces)
        if request.method == "HEAD":
            await pieces.aclose()
            kind, headers = (_EVENTS, _OF_EVENTS) if as_events else (JSON, _HEADERS)
            head = Response(None, media_type=kind, headers=headers)
            del head.headers["content-length"]  # not known before it is written
            return head
        if as_events:
            return StreamingResponse(_events(first, pieces), media_type=_EVENTS, headers=_OF_EVENTS)
        return Response(orjson.dumps(render(await _last(first, pieces))), media_type=JSON, headers=_HEADERS)


def _wants_events(accept: str) -> bool:
    """Return whether the answer is to be events: unless JSON was named and they were not.

    Raises:
        LoadcellError: NOT_ACCEPTABLE, neither would be taken.
    """
    if _EVENTS not in accept.lower() and JSON in accept.lower() and is_accepted(JSON, accept):
        return False
    if not is_accepted(_EVENTS, accept):
        raise LoadcellError(
            "NOT_ACCEPTABLE", f"the answer is {_EVENTS} or {JSON}; accept one of them, or leave Accept out"
        )
    return True


async def _events(first: Any, pieces: AsyncGenerator[Any, None]) -> AsyncIterator[str]:
    async with aclosing(pieces):
        yield _event(first)
        try:
            async for piece in pieces:
                if not piece.HasField("analysis"):
                    yield _event(piece)
        except LoadcellError as error:
            yield _data({"error": error.message})
        yield _DONE


def _event(piece: analysis_pb2.AnalyzeRunResponse) -> str:
    kind = piece.WhichOneof("piece")
    if kind in {"thinking", "content"}:
        return _data({str(kind): getattr(piece, str(kind))})
    return _SIGN_OF_LIFE


def _data(event: dict[str, Any]) -> str:
    return f"data: {orjson.dumps(event).decode()}\n\n"


async def _last(first: Any, pieces: AsyncGenerator[Any, None]) -> analysis_pb2.Analysis:
    last = first
    async with aclosing(pieces):
        async for piece in pieces:
            last = piece
    return cast("analysis_pb2.AnalyzeRunResponse", last).analysis
