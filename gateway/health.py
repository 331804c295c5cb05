"""Whether the gateway and the controller behind it are well, and what this is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import loadcell
from gateway.errors import now, retry_after
from gateway.upstream import Upstream
from loadcell.errors import LoadcellError

SERVICE = "loadcell-gateway"
_AWAY = LoadcellError("SERVICE_UNAVAILABLE", "the controller does not answer")


@dataclass(frozen=True, slots=True)
class Probe:
    """One health route: its path, what it says and how it answers."""

    path: str
    summary: str
    answer: Callable[[], Awaitable[tuple[int, dict[str, Any]]]]


def make_probes(upstream: Upstream) -> list[Probe]:
    """Return the health routes of a gateway."""

    async def root() -> tuple[int, dict[str, Any]]:
        return 200, {"service": SERVICE, "version": loadcell.__version__, "docs": "/docs"}

    async def alive() -> tuple[int, dict[str, Any]]:
        return 200, {"status": "alive"}

    async def benchmark() -> tuple[int, dict[str, Any]]:
        return 200, {"status": "healthy", "version": loadcell.__version__, "timestamp": now()}

    async def health() -> tuple[int, dict[str, Any]]:
        ready = await upstream.is_ready()
        return (200 if ready else 503), {
            "status": "healthy" if ready else "degraded",
            "controller": "healthy" if ready else "unreachable",
            "version": loadcell.__version__,
            "timestamp": now(),
        }

    async def ready() -> tuple[int, dict[str, Any]]:
        is_ready = await upstream.is_ready()
        return (200, {"status": "ready"}) if is_ready else (503, {"status": "not ready"})

    return [
        Probe("/", "Tells what this is and where its documentation lies.", root),
        Probe("/alive", "Answers as long as the gateway runs.", alive),
        Probe("/ready", "Answers 200 when the controller takes calls, 503 otherwise.", ready),
        Probe("/health", "Tells the health of the gateway and of the controller; 503 when degraded.", health),
        Probe("/api/v1/benchmark/health", "Tells that the gateway is well, and its version.", benchmark),
    ]


def probe_route(probe: Probe) -> Route:
    """Return the HTTP route of a probe."""

    async def answer(_request: Request) -> Response:
        status, body = await probe.answer()
        headers = {"Cache-Control": "no-store"}
        if status == 503:
            headers["Retry-After"] = retry_after(_AWAY)
        return Response(orjson.dumps(body), status, headers=headers, media_type="application/json")

    return Route(probe.path, answer)
