"""Lets calls in at the rates there are: counted in Redis for all controllers, or here when there is none."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from prometheus_client import CollectorRegistry

from controller.limits.bucket import Rate, Verdict
from controller.limits.memory import Buckets
from controller.limits.rates import Rates
from controller.metrics import names
from loadcell.metric_names import MetricName
from loadcell.metric_sheet import Sheet, show
from loadcell.tally import Tally

_ALL = "all"  # the class of calls of which the role alone has a rate
_NO_ROLE = "public"  # who reads without a credential
_SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)


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
        self._limited: dict[tuple[str, ...], _Limited] = {}
        self._remaining = Tally(_SHARES)
        self._degraded = False
        show(registry, names.RATE_METRICS, self._fill)

    async def take(self, who: str, role: str, *kinds: str) -> Verdict:
        """Return whether a call of somebody is let in; `kinds` are those of the call in `rates`. Never fails."""
        limited = self._limited.get((role, *kinds))
        if limited is None:
            limited = self._limited[role, *kinds] = _Limited(self._rates.of(role, *kinds))
        verdict = None
        if self._shared is not None:
            verdict = await self._shared.take(who, limited.wanted)
            self._degraded = verdict is None
        if verdict is None:
            verdict = self._own.take([(f"{who}:{name}", rate) for name, rate in limited.wanted])
        if verdict.admitted:
            limited.allowed += 1
        else:
            limited.refused += 1
        self._remaining.add(min(max(verdict.remaining, 0) / verdict.limit, 1.0))
        return verdict

    def _fill(self, sheet: Sheet) -> None:
        found: Counter[tuple[MetricName, str, str]] = Counter()
        for (role, *kinds), limited in list(self._limited.items()):
            route_class = next(filter(None, reversed(kinds)), _ALL)
            who = role or _NO_ROLE
            found[names.RATE_ALLOWED, who, route_class] += limited.allowed
            found[names.RATE_EXCEEDED, who, route_class] += limited.refused
        for (name, *labels), count in found.items():
            sheet.add(name, labels, count)
        sheet.add_tally(names.RATE_REMAINING, (), self._remaining)
        sheet.add(names.RATE_DEGRADED, (), self._degraded)


class _Limited:
    """Calls of one role and of the same kinds: the rates they have, and how many were let in and refused."""

    __slots__ = ("allowed", "refused", "wanted")

    def __init__(self, wanted: list[tuple[str, Rate]]) -> None:
        self.wanted = wanted
        self.allowed = self.refused = 0
