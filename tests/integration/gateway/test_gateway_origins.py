"""Which pages may call."""

from __future__ import annotations

import pytest

from loadcell.v1 import run_pb2

pytestmark = pytest.mark.asyncio(loop_scope="module")

RUN = "/api/v1/benchmark/run"
PAGE = "http://page.example"


@pytest.mark.parametrize(
    "host", ["attacker.example", "attacker.example:8085", "127.0.0.1.attacker.example", "10.0.0.7", "[::1"]
)
async def test_S3_a_foreign_host_is_refused_in_the_open_mode(local_gateway, host):
    response = await local_gateway.http.post(RUN, json={}, headers={"Host": host})
    assert response.status_code == 403
    assert response.json()["error"]["error_code"] == "FOREIGN_ORIGIN"
    assert local_gateway.controller.calls == []


@pytest.mark.parametrize("host", ["localhost:8085", "127.0.0.1", "[::1]:8085", "LOCALHOST"])
async def test_names_of_this_machine_are_served(local_gateway, host):
    assert (await local_gateway.http.get("/alive", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("origin", [PAGE, "null", "http://localhost:1", "https://127.0.0.1.page.example"])
async def test_S3_a_foreign_origin_is_refused_in_the_open_mode(local_gateway, origin):
    response = await local_gateway.http.post(RUN, json={}, headers={"Origin": origin})
    assert response.status_code == 403
    assert response.json()["error"]["error_code"] == "FOREIGN_ORIGIN"
    assert local_gateway.controller.calls == []


async def test_S3_any_origin_in_the_setting_does_not_open_the_open_mode(gateway_with):
    async with gateway_with(local_only=True, cors_origins=("*",)) as gateway:
        response = await gateway.http.post(RUN, json={}, headers={"Origin": PAGE})
        assert (response.status_code, gateway.controller.calls) == (403, [])


async def test_the_own_origin_and_named_ones_are_served(gateway_with):
    async with gateway_with(local_only=True, cors_origins=(PAGE,)) as gateway:
        own = f"http://{gateway.http.base_url.netloc.decode()}"
        for origin in (own, PAGE):
            assert (await gateway.http.get("/alive", headers={"Origin": origin})).status_code == 200


async def test_with_a_key_other_hosts_are_served(gateway):
    gateway.controller.answers["CreateRun"] = run_pb2.CreateRunResponse(run_id="r")
    headers = {"Host": "loadcell.example", "Origin": PAGE}
    response = await gateway.http.post(RUN, json={}, headers=headers)
    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers


async def test_named_origins_may_read_with_credentials(gateway_with):
    async with gateway_with(cors_origins=(PAGE,)) as gateway:
        headers = (await gateway.http.get("/alive", headers={"Origin": PAGE})).headers
        assert headers["access-control-allow-origin"] == PAGE
        assert headers["access-control-allow-credentials"] == "true"
        assert "Origin" in headers["vary"]
        exposed = set(headers["access-control-expose-headers"].split(", "))
        assert exposed >= {"X-Request-ID", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}
        assert exposed >= {"Retry-After", "ETag", "Content-Range", "Content-Disposition"}


@pytest.mark.parametrize(
    ("path", "status"), [("/nope", 404), (f"{RUN}/r1", 500), ("/api/v1/benchmark/history?limt=1", 400)]
)
async def test_named_origins_may_read_errors_too(gateway_with, monkeypatch, path, status):
    def fail(*_args, **_kwargs):
        raise RuntimeError

    monkeypatch.setattr("gateway.routes.credentials", fail)
    async with gateway_with(cors_origins=(PAGE,)) as gateway:
        refused = await gateway.http.get(path, headers={"Origin": PAGE})
        assert refused.status_code == status
        assert refused.headers["access-control-allow-origin"] == PAGE
        assert refused.headers["x-request-id"] == refused.json()["meta"]["request_id"]


async def test_S3_any_origin_never_comes_with_credentials(gateway_with):
    async with gateway_with(cors_origins=("*",)) as gateway:
        headers = (await gateway.http.get("/alive", headers={"Origin": PAGE})).headers
        assert headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in headers


async def test_browsers_that_ask_first_are_answered(gateway_with):
    async with gateway_with(cors_origins=(PAGE,)) as gateway:
        question = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
        yes = await gateway.http.options(RUN, headers={"Origin": PAGE, **question})
        assert yes.status_code == 204
        allowed = set(yes.headers["access-control-allow-headers"].split(", "))
        assert allowed >= {"X-API-Key", "Authorization", "If-None-Match", "Range", "Last-Event-ID"}
        assert set(yes.headers["access-control-allow-methods"].split(", ")) >= {"DELETE", "PATCH"}
        no = await gateway.http.options(RUN, headers={"Origin": "http://other.example", **question})
        assert "access-control-allow-origin" not in no.headers
        assert "access-control-allow-methods" not in no.headers
