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
from gateway.transcode import to_content, to_request
from gateway.upstream import Upstream


def make_routes(bindings: Iterable[Binding], upstream: Upstream) -> list[Route]:
    """Return one route for each path, which takes the verbs of all bindings of the path."""
    by_path: defaultdict[str, dict[str, Binding]] = defaultdict(dict)
    for binding in bindings:
        by_path[binding.template.route][binding.verb] = binding
    return [Route(path, _Path(verbs, upstream)) for path, verbs in by_path.items()]


class _Path:
    """All verbs of one path, as an ASGI application."""

    def __init__(self, bindings: dict[str, Binding], upstream: Upstream) -> None:
        self._bindings = bindings
        self._upstream = upstream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        binding = self._bindings.get("GET" if request.method == "HEAD" else request.method)
        if binding is None:
            raise HTTPException(405, headers={"Allow": ", ".join(self._verbs())})
        response = await self._answer(binding, request)
        await response(scope, receive, send)

    def _verbs(self) -> list[str]:
        return sorted({*self._bindings, *(["HEAD"] if "GET" in self._bindings else [])})

    async def _answer(self, binding: Binding, request: Request) -> Response:
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
        answer = await self._upstream.call(binding.method, message, metadata=credentials(request))
        content = to_content(binding, answer, path, wanted)
        headers = {"Content-Disposition": f'attachment; filename="{content.filename}"'} if content.filename else {}
        return Response(content.body, binding.status, headers={"Content-Type": content.media_type, **headers})
