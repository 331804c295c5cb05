"""The pages of the gateway. Everything is in this folder: no page ever loads anything from elsewhere."""

from __future__ import annotations

from importlib import resources

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.openapi.operation import JSON, Answer, Operation

DOCS_PATHS = ("/docs", "/api/docs", "/redoc")
"""The page and its other names."""
_PAGES = {
    **dict.fromkeys(DOCS_PATHS, ("docs.html", "text/html; charset=utf-8")),
    "/docs/docs.css": ("docs.css", "text/css; charset=utf-8"),
    "/docs/docs.js": ("docs.js", "text/javascript; charset=utf-8"),
}

_HTML = {"text/html": {"type": "string"}}
OPERATIONS = (
    *(
        Operation(
            path,
            "ReadDocumentation" + path.title().replace("/", ""),
            "Documentation",
            "Shows this document to readers, without internet",
            {200: Answer("The page.", _HTML)},
            calls=False,
        )
        for path in DOCS_PATHS
    ),
    Operation(
        "/openapi.json",
        "ReadDocument",
        "Documentation",
        "Returns this document",
        {200: Answer("OpenAPI 3.1.", {JSON: {"type": "object"}})},
        calls=False,
    ),
)


def page_routes() -> list[Route]:
    """Return the routes of all pages."""
    return [_route(path, file, media_type) for path, (file, media_type) in _PAGES.items()]


def _route(path: str, file: str, media_type: str) -> Route:
    content = resources.files("gateway.web").joinpath(file).read_bytes()

    async def page(_request: Request) -> Response:
        return Response(content, headers={"Content-Type": media_type, "Cache-Control": "no-cache"})

    return Route(path, page)
