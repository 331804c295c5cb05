"""How many calls per minute each role may make, of all methods and of those that cost most. Pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from controller.limits.bucket import Rate

_BURST: Final = 1.2  # of a minute, when nothing else is said
_MOST: Final = 1e9
GRAPHQL: Final = "graphql"  # the kind of a query of a GraphQL document, beside that of its method
_DEFAULTS: Final = {
    "admin": 100_000.0,
    "developer": 10_000.0,
    "viewer": 1_000.0,
    "billing": 1_000.0,
    "search": 100.0,
    "export": 10.0,
    "compare": 50.0,
    "traces": 1_000.0,
    "metrics": 1_000.0,
    GRAPHQL: 100.0,
}
_ROLES: Final = ("admin", "developer", "viewer", "billing")
_BASE: Final = "viewer"  # what the other limits are stated for, and the tier of roles without one
_KINDS: Final = {
    "TraceService/SearchTraces": "search",
    "ExportService/CreateExport": "export",
    "ModelService/CompareModels": "compare",
    "RunService/CompareRuns": "compare",
}
_KINDS_OF_SERVICES: Final = {"TraceService": "traces", "MetricsService": "metrics"}
_METHOD: Final = re.compile(r"/loadcell\.v1\.((\w+)/\w+)")
_RATE: Final = re.compile(r"([^/]+)(?:/([^/]+))?")


@dataclass(frozen=True)
class Rates:
    """Rates by the names of roles and of kinds of methods; those of kinds are stated for viewers."""

    named: dict[str, Rate]

    def of(self, role: str, *kinds: str) -> list[tuple[str, Rate]]:
        """Return the names and rates of the buckets that must admit a call; empty kinds are none.

        A role has as much more of a kind than viewers as it has more of everything.
        """
        tier, base = self.named.get(role, self.named[_BASE]), self.named[_BASE]
        found = [("all", tier)]
        for kind in filter(None, kinds):
            own, more = self.named[kind], tier.per_minute / base.per_minute
            found.append((kind, Rate(own.per_minute * more, max(own.burst * more, 1.0))))
        return found

    def __str__(self) -> str:
        return ",".join(f"{name}={rate.per_minute:.9g}/{rate.burst:.9g}" for name, rate in self.named.items())


def kind_of(method: str) -> str:
    """Return the kind of a method, by its full name, that has a limit of its own; empty: it has none."""
    found = _METHOD.fullmatch(method)
    return _KINDS.get(found[1], _KINDS_OF_SERVICES.get(found[2], "")) if found else ""


def parse_rates(text: str) -> Rates:
    """Parse "viewer=1000,search=100/150": calls per minute and, after a slash, at once; the others stay.

    Raises:
        ValueError: A name or a number is none; the text says which.
    """
    named = {name: Rate(per_minute, per_minute * _BURST) for name, per_minute in _DEFAULTS.items()}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, rate = (word.strip() for word in part.partition("="))
        if name not in named:
            raise ValueError(f"{name!r} is none of {', '.join(named)}")
        found = _RATE.fullmatch(rate)
        if found is None:
            raise ValueError(f"{part!r} is not of the form name=per minute/burst")
        per_minute = _number(found[1])
        named[name] = Rate(per_minute, _number(found[2]) if found[2] else max(per_minute * _BURST, 1.0))
    return Rates(named)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{text.strip()!r} is not a number of calls") from None
    if not (math.isfinite(number) and 1 <= number <= _MOST):
        raise ValueError(f"a number of calls must be from 1 to {_MOST:,.0f}")
    return number
