"""Runs live: what the runs that go on, and those that have just ended, do to their servers."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Dashboard

from scripts.boards.layout import OF_RUN, RUN, Row, board
from scripts.boards.panels import HALF, THIRD, WHOLE, Limits, Query, graph, listing
from scripts.boards.promql import per_second, quantiles

_LEVEL = "{{run_id}} level {{level}}"


def make() -> Dashboard:
    """Return the board."""
    return board(
        "runs",
        "Runs live",
        "What runs do to their servers while they go on, and for some minutes after; results say it exactly.",
        Row(
            "Runs",
            (
                listing(
                    "Runs",
                    "Every run that goes on or has just ended.",
                    Query(f"max by (run_id, model, status) (loadcell_run_info{{{OF_RUN}}})", ""),
                ),
                listing(
                    "Levels",
                    "Every level that has begun, with the load that was asked for: requests in flight, or a rate.",
                    Query(f"max by (run_id, level, concurrency, rate) (loadcell_level_info{{{OF_RUN}}})", ""),
                ),
                graph(
                    "Requests",
                    "Measured requests that ended, per second, by run and status.",
                    "reqps",
                    Query(_per_second("loadcell_requests_total", by="run_id, status"), "{{run_id}} {{status}}"),
                ),
                graph(
                    "Tokens",
                    "Tokens of successful requests per second, input and output.",
                    "cps",
                    Query(
                        _per_second("loadcell_tokens_total", by="run_id, direction"),
                        "{{run_id}} {{direction}}",
                    ),
                ),
                graph(
                    "In flight",
                    "Requests in flight by the agents' last word, by run and level.",
                    "short",
                    Query(f"max by (run_id, level) (loadcell_in_flight{{{OF_RUN}}})", _LEVEL),
                ),
                graph(
                    "Errors",
                    "Failed requests per second by class of error.",
                    "reqps",
                    Query(_per_second("loadcell_errors_total", by="run_id, class"), "{{run_id}} {{class}}"),
                ),
            ),
        ),
        Row(
            "Latency",
            (
                graph(
                    "Time to first token",
                    "Quantiles over all levels of the chosen runs.",
                    "s",
                    *quantiles("loadcell_ttft_seconds", OF_RUN, by="run_id"),
                    width=THIRD,
                ),
                graph(
                    "Between tokens",
                    "Quantiles of the gaps between tokens, over all levels of the chosen runs.",
                    "s",
                    *quantiles("loadcell_itl_seconds", OF_RUN, by="run_id"),
                    width=THIRD,
                ),
                graph(
                    "End to end",
                    "Quantiles from send to the last payload event, over all levels of the chosen runs.",
                    "s",
                    *quantiles("loadcell_e2e_seconds", OF_RUN, by="run_id"),
                    width=THIRD,
                ),
            ),
        ),
        Row(
            "Can the numbers be believed?",
            (
                graph(
                    "Verdict on the load generators",
                    "0 clean, 1 degraded, 2 client_limited: then the figures say more of the agents than of the"
                    " server.",
                    "short",
                    Query(
                        f"max by (run_id, level) (loadcell_client_verdict{{{OF_RUN}}})",
                        _LEVEL,
                    ),
                    width=HALF,
                    limits=Limits(warning=1, critical=2),
                ),
                graph(
                    "Goodput",
                    "Share of the requests that met every objective, by level; none without objectives.",
                    "percentunit",
                    Query(
                        f"min by (run_id, level) (loadcell_goodput_ratio{{{OF_RUN}}})",
                        _LEVEL,
                    ),
                    width=HALF,
                ),
            ),
        ),
        Row(
            "Models",
            (
                graph(
                    "Requests to models",
                    "Requests per second by model, over all runs.",
                    "reqps",
                    Query("model_provider:llm_requests:rate5m", "{{provider}} {{model}}"),
                    width=THIRD,
                ),
                graph(
                    "Tokens of a request",
                    "Tokens of prompt and completion together, on average over 5 minutes.",
                    "short",
                    Query("model_provider:llm_tokens_per_request:ratio_rate5m", "{{provider}} {{model}}"),
                    width=THIRD,
                ),
                graph(
                    "Cost",
                    "US dollars an hour by the price list, as long as things go on as in the last 5 minutes.",
                    "currencyUSD",
                    Query("model_provider:llm_cost_usd_per_hour:rate5m", "{{provider}} {{model}}"),
                    width=THIRD,
                ),
                graph(
                    "How long requests take",
                    "95th percentile from send to the last payload event, by model.",
                    "s",
                    Query("model_provider:llm_duration_seconds:p95_5m", "{{provider}} {{model}}"),
                    width=WHOLE,
                ),
            ),
        ),
        choices=(RUN,),
        refresh="5s",
        since="now-15m",
    )


def _per_second(name: str, *, by: str) -> str:
    """Return how fast a counter of runs grows: as one gateway tells it, for all of them tell the same."""
    return f"max by ({by}) ({per_second(name, OF_RUN, by=f'instance, {by}')})"
