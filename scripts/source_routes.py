"""Every route of the two systems whose clients are served here: the list that the table of api.md is made of."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple


class SourceRoute(NamedTuple):
    """A verb and path as one of the systems documents it; a WebSocket has the verb WS.

    It is served under the same verb and path, with the same meaning; `note` says what is different, `pattern`
    which route serves it where a word of its path varies there.
    """

    system: str
    route: str
    note: str = ""
    pattern: str = ""

    @property
    def served_by(self) -> str:
        """The route that serves it, as it is written here."""
        return self.pattern or self.route


def _loadtest(route: str, note: str = "", pattern: str = "") -> SourceRoute:
    return SourceRoute("llm-loadtest", route, note, pattern)


def _observatory(route: str, note: str = "") -> SourceRoute:
    return SourceRoute("LLM Observatory", route, note)


_PROTECTED = "needs a credential where any is configured"
_EXPORT = "GET /api/v1/benchmark/{run_id}/export/{format}"
_KEY = "an API key is the secret: there are no users with passwords"
_EXPORTER = "on the port of the exporter (9090), never on that of the API"

SOURCE_ROUTES: tuple[SourceRoute, ...] = (
    _loadtest("GET /"),
    _loadtest("GET /health", "503 when the controller is away"),
    _loadtest("GET /docs"),
    _loadtest("GET /redoc"),
    _loadtest("GET /openapi.json"),
    _loadtest("GET /api/v1/benchmark/health"),
    _loadtest("POST /api/v1/benchmark/run", "unknown fields are refused, not ignored"),
    _loadtest("GET /api/v1/benchmark/run/{run_id}"),
    _loadtest("GET /api/v1/benchmark/result/{run_id}", "never with the key of the target"),
    _loadtest("GET /api/v1/benchmark/history", "total counts all pages"),
    _loadtest("DELETE /api/v1/benchmark/run/{run_id}"),
    _loadtest("POST /api/v1/benchmark/compare", "2 to 10 runs"),
    _loadtest("GET /api/v1/benchmark/result/{run_id}/export", "json and html, too"),
    _loadtest(
        "GET /api/v1/benchmark/result/{run_id}/analysis",
        "rules answer, or the server that is a setting, never one that a parameter names; English by default",
    ),
    _loadtest("POST /api/v1/benchmark/recommend"),
    _loadtest("GET /api/v1/benchmark/recommend/{run_id}"),
    _loadtest("GET /api/v1/benchmark/recommend/{run_id}/result"),
    _loadtest("DELETE /api/v1/benchmark/recommend/{run_id}"),
    _loadtest("WS /api/v1/benchmark/ws/run/{run_id}", "begins with how the run stands"),
    _loadtest("WS /ws/benchmark/{run_id}"),
    _loadtest("GET /api/v1/benchmark/ws/stats"),
    _loadtest("GET /api/v1/benchmark", "as history"),
    _loadtest("GET /api/v1/benchmark/{run_id}", "as run/{run_id}"),
    _loadtest("POST /api/v1/benchmark/{run_id}/cancel"),
    _loadtest("GET /api/v1/benchmark/{run_id}/export/csv", "json and html, too", _EXPORT),
    _loadtest("GET /api/v1/benchmark/{run_id}/export/excel", "or export/xlsx", _EXPORT),
    _loadtest("WS /api/v1/benchmark/{run_id}/progress", "as ws/run/{run_id}"),
    _observatory("GET /health", "JSON also when it is 503"),
    _observatory("GET /ready"),
    _observatory("GET /alive"),
    _observatory("GET /metrics", _EXPORTER),
    _observatory("GET /api/v1/traces"),
    _observatory("POST /api/v1/traces/search"),
    _observatory("GET /api/v1/traces/{trace_id}"),
    _observatory("GET /api/v1/metrics"),
    _observatory("GET /api/v1/metrics/{id}"),
    _observatory("GET /api/v1/metrics/summary"),
    _observatory("POST /api/v1/metrics/query"),
    _observatory("GET /api/v1/metrics/performance", _PROTECTED),
    _observatory("GET /api/v1/metrics/quality", _PROTECTED),
    _observatory("GET /api/v1/metrics/analytics", "as performance: nothing says what it was to be"),
    _observatory("GET /api/v1/metrics/costs", "as /api/v1/costs/analytics"),
    _observatory("GET /api/v1/analytics/performance", _PROTECTED),
    _observatory("GET /api/v1/analytics/quality", _PROTECTED),
    _observatory("GET /api/v1/analytics/optimization", _PROTECTED),
    _observatory("GET /api/v1/analytics/models/compare", _PROTECTED),
    _observatory("GET /api/v1/analytics/costs", _PROTECTED),
    _observatory("GET /api/v1/analytics/costs/breakdown", _PROTECTED),
    _observatory("GET /api/v1/models"),
    _observatory("GET /api/v1/models/{id}"),
    _observatory("GET /api/v1/models/{id}/usage"),
    _observatory("GET /api/v1/models/compare"),
    _observatory("POST /api/v1/models/compare"),
    _observatory("GET /api/v1/costs/analytics"),
    _observatory("GET /api/v1/costs/breakdown"),
    _observatory("GET /api/v1/costs/summary"),
    _observatory("GET /api/v1/costs/attribution"),
    _observatory("GET /api/v1/costs/forecast"),
    _observatory("GET /api/v1/costs/budgets"),
    _observatory("GET /api/v1/costs/budgets/{id}/history"),
    _observatory("POST /api/v1/export/traces", "202"),
    _observatory("GET /api/v1/export/jobs"),
    _observatory("GET /api/v1/export/jobs/{job_id}"),
    _observatory("DELETE /api/v1/export/jobs/{job_id}", "200 with the job; 404 for an unknown one"),
    _observatory("GET /api/v1/export/jobs/{job_id}/download", "any part with Range"),
    _observatory("WS /ws", "a token in the URL only where a setting allows it, else a ticket"),
    _observatory("WS /api/v1/ws"),
    _observatory("WS /api/v1/stream"),
    _observatory("POST /graphql"),
    _observatory("GET /graphql/playground", "on this machine only, unless a setting says otherwise"),
    _observatory("GET /api/docs"),
    _observatory("POST /auth/token", _KEY),
    _observatory("POST /api/v1/auth/login", _KEY),
)


def rows(served: Collection[str]) -> list[tuple[str, str, str, str]]:
    """Return the table: whose route, which, its state here, and what is different.

    Args:
        served: verbs and paths, WebSockets with the verb WS.
    """
    known = {_shape(route) for route in served}
    return [
        (one.system, f"`{one.route}`", "works" if _shape(one.served_by) in known else "missing", one.note)
        for one in SOURCE_ROUTES
    ]


def _shape(route: str) -> str:
    """Return a route without the names of what varies, which no client sends."""
    return re.sub(r"\{[^}]*\}", "{}", route)
