"""The index finds what Starlette's router would."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from gateway.router import IndexedRouter


def route(path: str, name: str, methods: tuple[str, ...] = ("GET",)) -> Route:
    async def answer(request: Request) -> Response:
        return PlainTextResponse(f"{name} {request.path_params}")

    return Route(path, answer, methods=methods)


ROUTES = (
    route("/a", "first"),
    route("/a", "second", ("POST",)),
    route("/a/b", "exact"),
    route("/a/{x}", "one"),
    route("/a/{x:path}/c", "inner"),
    route("/a/{x:path}", "rest"),
    route("/{y}", "any"),
)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/a", "/a/b", "/a/x", "/a/x/y/c", "/a/x/y", "/z", "/", "/a/", "/z/z", "/a%2Fb"])
def test_every_request_is_answered_as_without_the_index(method: str, path: str) -> None:
    indexed, plain = Starlette(routes=ROUTES), Starlette(routes=ROUTES)
    indexed.router, plain.router.redirect_slashes = IndexedRouter(ROUTES), False
    ours, theirs = (TestClient(app).request(method, path) for app in (indexed, plain))
    assert (ours.status_code, ours.text) == (theirs.status_code, theirs.text)
    assert ours.headers.get("allow") == theirs.headers.get("allow")
