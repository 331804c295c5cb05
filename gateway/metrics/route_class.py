"""What kind of thing a path asks for, among those whose callers have rates."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from gateway.live.routes import EVENT_STREAM, RUN_STREAM, STATS

REST: Final = "rest"
GRAPHQL: Final = "graphql"
LIVE: Final = "live"
NONE: Final = ""  # pages, probes and what there is not

_LIVE: Final = frozenset({EVENT_STREAM, RUN_STREAM, STATS})
_PROBE: Final = "/api/v1/benchmark/health"


@lru_cache(maxsize=1_024)
def route_class(template: str) -> str:
    """Return the class of a path template."""
    if template == "/graphql":
        return GRAPHQL
    if template in _LIVE:
        return LIVE
    if template == "/auth/token" or (template.startswith("/api/v1/") and template != _PROBE):
        return REST
    return NONE
