"""WebSockets in the open single-user mode: browsers open them to any host without asking."""

from __future__ import annotations

import pytest

from gateway.middleware.origin import LocalOnly


@pytest.mark.parametrize(
    ("host", "origin", "is_served"),
    [
        (b"127.0.0.1:8085", b"http://127.0.0.1:8085", True),
        (b"127.0.0.1:8085", b"http://page.example", False),
        (b"page.example", b"http://page.example", False),
    ],
)
async def test_S4_web_sockets_of_foreign_pages_are_refused(host, origin, is_served):
    sent, served = [], []

    async def app(scope, _receive, _send):
        served.append(scope["path"])

    async def send(message):
        sent.append(message["type"])

    scope = {"type": "websocket", "path": "/ws", "headers": [(b"host", host), (b"origin", origin)]}
    await LocalOnly(app, remedy="do this")(scope, None, send)
    assert (bool(served), sent == ["websocket.close"]) == (is_served, not is_served)
