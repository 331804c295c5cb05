"""Serves the dashboard: one document at `/` for browsers, and the files it loads."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from html import escape
from importlib import resources
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.conditional import is_known
from gateway.health import Probe, probe_route
from gateway.negotiation import prefers
from gateway.openapi.operation import Operation
from gateway.web.assets import ENTRY, Assets, read_assets
from gateway.web.charts import chart_script, read_script
from loadcell.errors import LoadcellError

FRONT_PAGE: Final = "/"
FILES_PATH: Final = "/web/files/{version}/{path:path}"
CHARTS_PATH: Final = "/web/charts/{version}.js"
# Nothing but our own files, and no line of script or style in the document; plotly.js tries an image of data: when
# it is loaded. Whatever would parse a text as HTML or run it as a script is refused (decision 0019).
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_HTML: Final = "text/html"
_SCRIPT: Final = "text/javascript; charset=utf-8"
_FOR_EVER: Final = "public, max-age=31536000, immutable"  # the address says what the content is


def front_operation(front: Probe) -> Operation:
    """Return what the document says of `/`."""
    told = front.operation.answers[200]
    page = {_HTML: {"type": "string"}}
    return replace(front.operation, answers={200: replace(told, content={**told.content, **page})})


def dashboard_routes(front: Probe, controller: str) -> list[Route]:
    """Return the routes; who is no browser is answered as the probe does.

    Args:
        front: The probe at the same path.
        controller: Where the controller is, for commands to copy.
    """
    assets = read_assets()
    return [_front_route(front, _document(assets, controller)), _files_route(assets), _charts_route()]


def _document(assets: Assets, controller: str) -> bytes:
    """Return the document, with the addresses of these very files in it."""
    base = f"/web/files/{assets.version}"
    modules = [path for path in assets.initial_modules() if path != ENTRY]
    values = {
        "@BASE@": base,
        "@CONTROLLER@": escape("" if controller.startswith("unix:") else controller),
        "@PRELOADS@": "\n  ".join(f'<link rel="modulepreload" href="{base}/{path}">' for path in modules),
        "@CHARTS@": CHARTS_PATH.format(version=chart_script().digest),
        "@SHEETS@": " ".join(chart_script().sheets),
    }
    text = resources.files(__package__).joinpath("index.html").read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(name, value)
    return text.encode()


def _front_route(front: Probe, document: bytes) -> Route:
    answer_others = probe_route(front).endpoint
    headers = {
        "Content-Type": f"{_HTML}; charset=utf-8",
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Cache-Control": "no-cache",
        "ETag": f'"{hashlib.sha256(document).hexdigest()[:32]}"',
        "Vary": "Accept",
    }

    async def page(request: Request) -> Response:
        if prefers(_HTML, request.headers.get("accept", "")):
            return _answer(request, headers, document)
        response: Response = await answer_others(request)
        response.headers["Vary"] = "Accept"
        return response

    return Route(FRONT_PAGE, page)


def _files_route(assets: Assets) -> Route:
    async def file(request: Request) -> Response:
        found = assets.files.get(request.path_params["path"])
        if found is None or request.path_params["version"] != assets.version:
            raise _outdated()
        headers = {"Content-Type": found.media_type, "Cache-Control": _FOR_EVER, "ETag": found.tag}
        return _answer(request, headers, found.content)

    return Route(FILES_PATH, file)


def _charts_route() -> Route:
    async def script(request: Request) -> Response:
        digest = chart_script().digest
        if request.path_params["version"] != digest:
            raise _outdated()
        headers = {"Content-Type": _SCRIPT, "Cache-Control": _FOR_EVER, "ETag": f'"{digest}"'}
        # Browsers ask once and keep it, so megabytes are not kept here.
        return _answer(request, headers, await asyncio.to_thread(read_script))

    return Route(CHARTS_PATH, script)


def _answer(request: Request, headers: dict[str, str], content: bytes) -> Response:
    if is_known(request.headers, headers):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers)


def _outdated() -> LoadcellError:
    return LoadcellError("RESOURCE_NOT_FOUND", "there is no such file of the dashboard; load its page again")
