"""Routes that answer with JSON and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from google.api import httpbody_pb2
from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.bindings import Binding
from gateway.negotiation import is_accepted
from loadcell.errors import LoadcellError

_JSON = "application/json"
_FILE = httpbody_pb2.HttpBody.DESCRIPTOR.full_name


class JsonOnly:
    """Refuses requests whose answer would not be accepted, before anything is done for them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request.

        Raises:
            LoadcellError: NOT_ACCEPTABLE.
        """
        accepted = ", ".join(Headers(scope=scope).getlist("accept"))
        if accepted and not is_accepted(_JSON, accepted):
            raise LoadcellError("NOT_ACCEPTABLE", f"the answer is {_JSON}; accept that, or leave Accept out")
        await self._app(scope, receive, send)


def answering_json(routes: Iterable[Route], bindings: Iterable[Binding]) -> list[Route]:
    """Return the routes of the contract, those that answer with messages being `JsonOnly`; others give files."""
    files = {binding.template.route for binding in bindings if binding.response.full_name == _FILE}
    found = list(routes)
    for route in found:
        if route.path not in files:
            route.app = JsonOnly(route.app)
    return found
