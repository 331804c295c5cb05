"""HTTP routes made from the annotations of the contract; a new annotated method needs no code here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.bindings import Binding
from gateway.body import read_json
from gateway.chosen import choose, take_fields
from gateway.credentials import credentials
from gateway.responses import Responses
from gateway.texts import Texts
from gateway.transcode import to_request
from gateway.upstream import Upstream


def make_routes(bindings: Iterable[Binding], upstream: Upstream) -> list[Route]:
    """Return one route for each path, which takes the verbs of all bindings of the path."""
    by_path: defaultdict[str, dict[str, _Call]] = defaultdict(dict)
    texts = Texts()
    for binding in bindings:
        by_path[binding.template.route][binding.verb] = _Call(binding, upstream, Responses(binding, texts))
    return [Route(path, _Path(calls)) for path, calls in by_path.items()]


class _Path:
    """All verbs of one path, as an ASGI application."""

    def __init__(self, calls: dict[str, _Call]) -> None:
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        call = self._calls.get("GET" if request.method == "HEAD" else request.method)
        if call is None:
            raise HTTPException(405, headers={"Allow": ", ".join(self._verbs())})
        response = await call.answer(request)
        await response(scope, receive, send)

    def _verbs(self) -> list[str]:
        return sorted({*self._calls, *(["HEAD"] if "GET" in self._calls else [])})


class _Call:
    """One verb of one path."""

    def __init__(self, binding: Binding, upstream: Upstream, responses: Responses) -> None:
        self._binding = binding
        self._upstream = upstream
        self._responses = responses

    async def answer(self, request: Request) -> Response:
        """Return what the controller answers, as a response."""
        binding = self._binding
        path = binding.template.values(request.path_params)
        query, fields = take_fields(binding, request.query_params.multi_items())
        message = to_request(
            binding,
            path=path,
            query=query,
            body=await read_json(request),
            idempotency_key=request.headers.get("idempotency-key", ""),
        )
        wanted = choose(binding, message, fields)
        answer = await self._upstream.ask(binding.method, message, metadata=credentials(request))
        return self._responses.make(answer, request.headers, path, wanted)
