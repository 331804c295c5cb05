"""Lets calls in at the rates there are: counted in Redis for all controllers, or here when there is none."""

from __future__ import annotations

from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge

from controller.limits.bucket import Rate, Verdict
from controller.limits.memory import Buckets
from controller.limits.rates import Rates


class Shared(Protocol):
    """Buckets that several controllers take from."""

    async def take(self, who: str, wanted: list[tuple[str, Rate]]) -> Verdict | None:
        """Take a token from every bucket of somebody, or from none; None when the buckets are out of reach."""


class Limiter:
    """Counts the calls of each caller.

    Args:
        rates: What each role may.
        registry: Where it is told what was refused, and whether shared buckets are out of reach.
        shared: Buckets of several controllers, None when there is one.
    """

    def __init__(self, rates: Rates, registry: CollectorRegistry, shared: Shared | None = None) -> None:
        self._rates, self._shared = rates, shared
        self._own = Buckets()
        self._wanted: dict[tuple[str, ...], list[tuple[str, Rate]]] = {}
        self._refused = Counter("rate_limit_exceeded", "Calls above the rate.", ("role",), registry=registry)
        self._degraded = Gauge(
            "rate_limit_degraded", "1 while each controller counts by itself.", registry=registry
        )

    async def take(self, who: str, role: str, *kinds: str) -> Verdict:
        """Return whether a call of somebody is let in; `kinds` are those of the call in `rates`. Never fails."""
        wanted = self._wanted.get((role, *kinds))
        if wanted is None:
            wanted = self._wanted[role, *kinds] = self._rates.of(role, *kinds)
        verdict = None
        if self._shared is not None:
            verdict = await self._shared.take(who, wanted)
            self._degraded.set(verdict is None)
        if verdict is None:
            verdict = self._own.take([(f"{who}:{name}", rate) for name, rate in wanted])
        if not verdict.admitted:
            self._refused.labels(role).inc()
        return verdict
