"""What the log keeps of paths."""

from __future__ import annotations

import structlog

from gateway.middleware.request_id import RequestId


async def test_a_key_in_a_path_is_not_logged():
    logged = []

    async def app(_scope, _receive, _send):
        logged.append(structlog.contextvars.get_contextvars()["path"])

    scope = {"type": "http", "method": "DELETE", "headers": [], "query_string": b""}
    scope["path"] = "/api/v1/auth/keys/lc_live_" + "x" * 43
    await RequestId(app)(scope, None, None)
    assert logged == ["/api/v1/auth/keys/lc_live_xxxxxxxx..."]
