"""Whether the gateway and the controller behind it are well, and what this is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import loadcell
from gateway.errors import now, retry_after
from gateway.openapi.operation import Operation, json_answer
from gateway.upstream import Upstream
from loadcell.errors import LoadcellError

SERVICE = "loadcell-gateway"
_VERSION, _TIME = {"version": loadcell.__version__}, "2026-01-31T12:00:00.000000Z"  # of examples
_WORDS: dict[bool | None, str] = {True: "healthy", False: "unhealthy"}
_AWAY = LoadcellError("SERVICE_UNAVAILABLE", "the controller does not answer")


@dataclass(frozen=True, slots=True)
class Probe:
    """One health route: its path, what it says and how it answers; `example` is how it does when all is well."""

    path: str
    summary: str
    answer: Callable[[], Awaitable[tuple[int, dict[str, Any]]]]
    example: dict[str, Any]
    can_be_unwell: bool = False

    @property
    def operation(self) -> Operation:
        """What the document says of it."""
        name = "probe" + "".join(part.title() for part in self.path.split("/"))
        answers = {200: json_answer("Well.", self.example)}
        if self.can_be_unwell:
            retry = {"Retry-After": "After how many seconds it may be better."}
            answers[503] = replace(json_answer("Not well.", self.example), headers=retry)
        return Operation(self.path, name, "Health", self.summary, answers, calls=False)


def make_probes(upstream: Upstream) -> list[Probe]:
    """Return the health routes of a gateway."""

    async def root() -> tuple[int, dict[str, Any]]:
        return 200, {"service": SERVICE, "version": loadcell.__version__, "docs": "/docs"}

    async def alive() -> tuple[int, dict[str, Any]]:
        return 200, {"status": "alive", "service": SERVICE}

    async def benchmark() -> tuple[int, dict[str, Any]]:
        return 200, {"status": "healthy", "version": loadcell.__version__, "timestamp": now()}

    async def health() -> tuple[int, dict[str, Any]]:
        ready, database, redis = await asyncio.gather(
            upstream.is_ready(), upstream.is_well("database"), upstream.is_well("redis")
        )
        well = ready and database is not False and redis is not False
        return (200 if well else 503), {
            "status": "healthy" if well else "degraded",
            "service": SERVICE,
            "controller": "healthy" if ready else "unreachable",
            "database": _WORDS.get(database, "unknown"),
            # The controller tells of one only if it was given one.
            "redis": _WORDS.get(redis, "unused" if ready else "unknown"),
            "version": loadcell.__version__,
            "timestamp": now(),
        }

    async def ready() -> tuple[int, dict[str, Any]]:
        is_ready = await upstream.is_ready()
        return (200 if is_ready else 503), {"status": "ready" if is_ready else "not ready", "service": SERVICE}

    return [
        Probe(
            "/",
            "Tells what this is and where its documentation lies; to browsers it is the dashboard.",
            root,
            {"service": SERVICE, **_VERSION, "docs": "/docs"},
        ),
        Probe("/alive", "Answers as long as the gateway runs.", alive, {"status": "alive", "service": SERVICE}),
        Probe(
            "/ready",
            "Answers 200 when the controller takes calls, 503 otherwise.",
            ready,
            {"status": "ready", "service": SERVICE},
            can_be_unwell=True,
        ),
        Probe(
            "/health",
            "Tells the health of the gateway, of the controller and of what that depends on; 503 when degraded.",
            health,
            {
                "status": "healthy",
                "service": SERVICE,
                "controller": "healthy",
                "database": "healthy",
                "redis": "unused",
                **_VERSION,
                "timestamp": _TIME,
            },
            can_be_unwell=True,
        ),
        Probe(
            "/api/v1/benchmark/health",
            "Tells that the gateway is well, and its version.",
            benchmark,
            {"status": "healthy", **_VERSION, "timestamp": _TIME},
        ),
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
