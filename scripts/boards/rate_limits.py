"""Rate limiting: who is refused for calling too often, and how close others are to it."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Dashboard

from scripts.boards.layout import CONTROLLER, GATEWAY, OF_CONTROLLER, OF_GATEWAY, Row, board
from scripts.boards.panels import THIRD, Limits, Query, graph, number
from scripts.boards.promql import per_second, quantile

_REFUSED_A_SECOND = Limits(warning=100 / 60)


def make() -> Dashboard:
    """Return the board."""
    left = "rate_limit_remaining_ratio"
    return board(
        "rate-limits",
        "Rate limiting",
        "Who is refused for calling too often, and how close others are to it; docs/limits.md has the rates.",
        Row(
            "Now",
            (
                number(
                    "Refused",
                    "Calls above the rate of their callers, per second, over 5 minutes.",
                    "reqps",
                    Query('sum(job_route_class:rate_limit_exceeded:rate5m{job="loadcell-controller"})', "refused"),
                    limits=_REFUSED_A_SECOND,
                    width=THIRD,
                ),
                number(
                    "Counting alone",
                    "Controllers that count calls by themselves, because Redis is away.",
                    "none",
                    Query("sum(rate_limit_degraded)", "degraded"),
                    limits=Limits(warning=1),
                    width=THIRD,
                ),
                number(
                    "Wrong credentials",
                    "Authentications that were wrong or no longer looked at, per second, over 5 minutes.",
                    "reqps",
                    Query("sum(job:auth_failures:rate5m)", "wrong"),
                    limits=Limits(warning=10 / 60),
                    width=THIRD,
                ),
            ),
        ),
        Row(
            "Calls",
            (
                graph(
                    "Refused by class",
                    "Calls above a rate, per second, by what was asked; all is where only the role has a rate.",
                    "reqps",
                    Query(
                        per_second("rate_limit_exceeded_total", OF_CONTROLLER, by="route_class"),
                        "{{route_class}}",
                    ),
                    limits=_REFUSED_A_SECOND,
                ),
                graph(
                    "Let in by class",
                    "Calls that were held against a rate and let in, per second.",
                    "reqps",
                    Query(
                        per_second("rate_limit_requests_allowed_total", OF_CONTROLLER, by="route_class"),
                        "{{route_class}}",
                    ),
                ),
                graph(
                    "Share that is refused",
                    "Calls refused of all that have a rate, by class.",
                    "percentunit",
                    Query(
                        'job_route_class:rate_limit_exceeded:ratio_rate5m{job="loadcell-controller"}',
                        "{{route_class}}",
                    ),
                ),
                graph(
                    "Refused by role",
                    "Calls above a rate, per second, by the role of the caller.",
                    "reqps",
                    Query(
                        per_second("rate_limit_exceeded_total", OF_CONTROLLER, by="role"),
                        "{{role}}",
                    ),
                ),
                graph(
                    "What callers have left",
                    "Share of their calls that callers had left at each call: of half of them less, of one in 20"
                    " less. At 0 the next call is refused.",
                    "percentunit",
                    Query(quantile(left, 0.5, OF_CONTROLLER), "half of the calls"),
                    Query(quantile(left, 0.05, OF_CONTROLLER), "one call in 20"),
                ),
                graph(
                    "Requests refused by the gateway",
                    "HTTP requests answered 429, per second, by what was asked: refusals of the controller among"
                    " them.",
                    "reqps",
                    Query(
                        per_second("rate_limit_exceeded_total", OF_GATEWAY, by="route_class"),
                        "{{route_class}}",
                    ),
                ),
            ),
        ),
        choices=(GATEWAY, CONTROLLER),
    )
