"""Health of the gateway and of the controller behind it."""

from __future__ import annotations

import pytest
from grpc_health.v1 import health_pb2

import loadcell

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_all_is_well(gateway):
    health = (await gateway.http.get("/health")).json()
    assert (health["status"], health["controller"], health["version"]) == (
        "healthy",
        "healthy",
        loadcell.__version__,
    )
    assert (await gateway.http.get("/ready")).status_code == 200
    assert (await gateway.http.get("/alive")).json() == {"status": "alive", "service": "loadcell-gateway"}
    benchmark = (await gateway.http.get("/api/v1/benchmark/health")).json()
    assert (benchmark["status"], benchmark["version"]) == ("healthy", loadcell.__version__)
    assert benchmark["timestamp"].endswith("Z")
    assert (await gateway.http.get("/")).json()["docs"] == "/docs"


@pytest.mark.parametrize("path", ["/health", "/ready"])
async def test_a_controller_that_does_not_serve_yet_makes_the_gateway_unready(gateway, path):
    await gateway.controller.health.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    unready = await gateway.http.get(path)
    assert (unready.status_code, unready.headers["Retry-After"]) == (503, "1")
    assert (await gateway.http.get("/alive")).status_code == 200
    await gateway.controller.health.set("", health_pb2.HealthCheckResponse.SERVING)
    assert (await gateway.http.get(path)).status_code == 200


@pytest.mark.parametrize("part", ["database", "redis"])
async def test_what_the_controller_depends_on_degrades_the_gateway_which_stays_ready(gateway_with, part):
    async with gateway_with() as gateway:
        before = (await gateway.http.get("/health")).json()
        assert (before["database"], before["redis"]) == ("unknown", "unused")
        for state, word, status in (
            (health_pb2.HealthCheckResponse.NOT_SERVING, "unhealthy", 503),
            (health_pb2.HealthCheckResponse.SERVING, "healthy", 200),
        ):
            await gateway.controller.health.set(part, state)
            told = await gateway.http.get("/health")
            document = told.json()
            assert (told.status_code, document[part]) == (status, word)
            assert document["status"] == ("healthy" if status == 200 else "degraded")
            assert (await gateway.http.get("/ready")).status_code == 200
