"""WebSockets in the open single-user mode: browsers open them to any host without asking."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from starlette.datastructures import Headers

from gateway.middleware.origin import LocalOnly
from gateway.origins import ANY, check_origin
from loadcell.errors import LoadcellError


@pytest.mark.parametrize(
    ("host", "origin", "origins", "is_served"),
    [
        (b"127.0.0.1:8085", b"http://127.0.0.1:8085", (), True),
        (b"127.0.0.1:8085", b"http://page.example", (), False),
        (b"127.0.0.1:8085", b"http://page.example", ("http://page.example",), True),
        (b"127.0.0.1:8085", b"http://page.example", (ANY,), False),
        (b"page.example", b"http://page.example", (ANY,), False),
    ],
)
async def test_S4_web_sockets_of_foreign_pages_are_refused(host, origin, origins, is_served):
    sent, served = [], []

    async def app(scope, _receive, _send):
        served.append(scope["path"])

    async def send(message):
        sent.append(message["type"])

    scope = {"type": "websocket", "path": "/ws", "headers": [(b"host", host), (b"origin", origin)]}
    await LocalOnly(app, remedy="do this", origins=origins)(scope, None, send)
    assert (bool(served), sent == ["websocket.close"]) == (is_served, not is_served)


@pytest.mark.parametrize(
    ("origin", "origins", "is_let_in"),
    [
        (None, (), True),
        ("https://here.example", (), True),
        ("http://here.example:81", (), False),
        ("null", (), False),
        ("https://page.example", ("https://page.example",), True),
        ("https://page.example", (ANY,), True),
    ],
)
def test_pages_of_this_host_and_of_named_origins_are_let_in(origin, origins, is_let_in):
    headers = Headers({"host": "here.example"} | ({} if origin is None else {"origin": origin}))
    with nullcontext() if is_let_in else pytest.raises(LoadcellError, match="may not call"):
        check_origin(headers, origins)
