"""A page to try documents on. It is served with all it needs: no page ever loads anything from elsewhere."""

from __future__ import annotations

from importlib import resources

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.graphql.audience import Check

_PAGES = {
    "/graphql/playground": ("playground.html", "text/html; charset=utf-8"),
    "/graphql/playground.css": ("playground.css", "text/css; charset=utf-8"),
    "/graphql/playground.js": ("playground.js", "text/javascript; charset=utf-8"),
}


def playground_routes(check: Check) -> list[Route]:
    """Return the routes of the page; `check` raises what those are told who are not shown it."""
    return [_route(path, file, media_type, check) for path, (file, media_type) in _PAGES.items()]


def _route(path: str, file: str, media_type: str, check: Check) -> Route:
    content = (resources.files("gateway.graphql") / "pages" / file).read_bytes()

    async def page(_request: Request) -> Response:
        await check()
        return Response(content, headers={"Content-Type": media_type, "Cache-Control": "no-cache"})

    return Route(path, page)
