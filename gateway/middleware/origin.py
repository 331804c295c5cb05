"""Pages of other sites: refused in the open single-user mode, allowed by name otherwise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.door import OpenDoorError
from gateway.errors import error_response
from gateway.middleware.limits import HEADERS
from gateway.origins import ANY, check_origin
from loadcell.errors import LoadcellError

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_METHODS = "GET, POST, PUT, DELETE, PATCH, OPTIONS"
_REQUEST_HEADERS = (
    "Content-Type, Authorization, X-API-Key, X-Request-ID, Idempotency-Key, Range, If-Range, If-None-Match,"
    " If-Modified-Since, Last-Event-ID"
)
_OWN = ("X-Request-ID", "WWW-Authenticate", "ETag", "Accept-Ranges", "Content-Range", "Content-Disposition")
_EXPOSED = ", ".join((*_OWN, *HEADERS.values()))
_MAX_AGE_SECONDS = "3600"


class LocalOnly:
    """Refuses requests whose Host is not this machine or whose Origin is another site.

    For a listener on loopback that asks for no key. Any page the user visits can make the browser send
    requests to loopback, either from its own origin (Origin) or under a name of its own that resolves to
    127.0.0.1 (Host); neither may start a load or read what was measured.

    Args:
        app: the next application.
        remedy: what to do so that others are served.
        origins: origins whose pages may call all the same; that any may read does not let any call here.
        unless: lets requests of others through, or raises OpenDoorError, or another LoadcellError when it cannot
            tell; None: none are let through.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        remedy: str,
        origins: Collection[str] = (),
        unless: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._app = app
        self._remedy = remedy
        self._origins = frozenset(origins) - {ANY}
        self._unless = unless

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        error = await self._refusal(Headers(scope=scope)) if scope["type"] in ("http", "websocket") else None
        if error is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": error.reason})
        else:
            response = error_response(error, path=scope["path"], request_id=scope["request_id"])
            await response(scope, receive, send)

    async def _refusal(self, headers: Headers) -> LoadcellError | None:
        try:
            self._check(headers)
        except LoadcellError as error:
            if self._unless is None:
                return error
            try:
                await self._unless()
            except OpenDoorError:
                return error
            except LoadcellError as unknown:
                return unknown
        return None

    def _check(self, headers: Headers) -> None:
        host = headers.get("host", "")
        if _hostname(f"//{host}") not in _LOOPBACK_NAMES:
            raise LoadcellError(
                "FOREIGN_ORIGIN",
                f"the host {host[:128]!r} is not this machine; to serve others, {self._remedy}",
            )
        check_origin(headers, self._origins)


class Cors:
    """Lets pages of the named origins read answers; credentials only for origins that are named, never for `*`."""

    def __init__(self, app: ASGIApp, *, origins: Collection[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or answer the browser's question whether it may send one."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        origin = headers.get("origin")
        if origin is None:
            await self._app(scope, receive, send)
            return
        allowed = self._allowed(origin)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await self._preflight(allowed)(scope, receive, send)
            return

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                response = MutableHeaders(scope=message)
                response.update(allowed)
                response.add_vary_header("Origin")
            await send(message)

        await self._app(scope, receive, add)

    def _allowed(self, origin: str) -> dict[str, str]:
        if origin in self._origins:
            return {
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Credentials": "true",
                "Access-Control-Expose-Headers": _EXPOSED,
            }
        if ANY in self._origins:
            return {"Access-Control-Allow-Origin": ANY, "Access-Control-Expose-Headers": _EXPOSED}
        return {}

    def _preflight(self, allowed: dict[str, str]) -> Response:
        if not allowed:
            # A response without the headers is the refusal; browsers show no body.
            return Response(status_code=204, headers={"Vary": "Origin"})
        return Response(
            status_code=204,
            headers={
                **allowed,
                "Access-Control-Allow-Methods": _METHODS,
                "Access-Control-Allow-Headers": _REQUEST_HEADERS,
                "Access-Control-Max-Age": _MAX_AGE_SECONDS,
                "Vary": "Origin",
            },
        )


def _hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
