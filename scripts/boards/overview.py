"""API overview: whether everything is there, and how well callers are served."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Dashboard

from scripts.boards.layout import Row, board
from scripts.boards.panels import THIRD, Limits, Query, graph, number
from scripts.boards.promql import per_second

_GATEWAY = 'job="loadcell-gateway"'
_CONTROLLER = 'job="loadcell-controller"'
_OURS = 'job=~"loadcell-.*"'
_EACH = "{{job}} {{instance}}"
_THERE = Limits(critical=1, low=True)


def make() -> Dashboard:
    """Return the board."""
    up = "Targets of the job that answered their last scrape."
    return board(
        "overview",
        "API overview",
        "Whether the processes are there, and how well callers are served. The other boards say why.",
        Row(
            "Now",
            (
                number("Gateways up", up, "none", Query(f"sum(up{{{_GATEWAY}}})", "up"), limits=_THERE),
                number("Controllers up", up, "none", Query(f"sum(up{{{_CONTROLLER}}})", "up"), limits=_THERE),
                number(
                    "Agents at hand",
                    "Agents that are ready or at work, by what the controllers have heard of them.",
                    "none",
                    Query('sum(state:loadcell_agents:max{state=~"ready|busy"})', "agents"),
                    limits=_THERE,
                ),
                number(
                    "Alerts firing",
                    "Alerts of loadcell that fire now; the runbook has a section for each.",
                    "none",
                    Query('count(ALERTS{alertstate="firing",alertname=~"Loadcell.*"}) or vector(0)', "alerts"),
                    limits=Limits(warning=1),
                ),
                number(
                    "HTTP requests",
                    "Requests to the gateways per second, over 5 minutes.",
                    "reqps",
                    Query("sum(job:http_requests:rate5m)", "requests"),
                ),
                number(
                    "HTTP errors",
                    "Share of HTTP requests that were answered with a status of 500 or above.",
                    "percentunit",
                    Query("max(job:http_errors:ratio_rate5m)", "errors"),
                    limits=Limits(warning=0.01, critical=0.05),
                ),
                number(
                    "HTTP p95",
                    "One HTTP request in 20 takes longer, without streams, downloads and analyses.",
                    "s",
                    Query("max(job:http_request_duration_seconds:p95_5m)", "p95"),
                    limits=Limits(warning=1, critical=2),
                ),
                number(
                    "Runs at work",
                    "Runs that controllers drive at this moment.",
                    "none",
                    Query("sum(loadcell_active_runs)", "runs"),
                ),
            ),
        ),
        Row(
            "HTTP",
            (
                graph(
                    "Requests by status",
                    "Answers of the gateways per second, by status; 0 is a caller who went away before.",
                    "reqps",
                    Query(per_second("http_requests_total", _GATEWAY, by="status"), "{{status}}"),
                    stacked=True,
                ),
                graph(
                    "How long requests take",
                    "Quantiles over 5 minutes, without streams, downloads and analyses.",
                    "s",
                    Query("job:http_request_duration_seconds:p50_5m", "p50"),
                    Query("job:http_request_duration_seconds:p95_5m", "p95"),
                    Query("job:http_request_duration_seconds:p99_5m", "p99"),
                    limits=Limits(warning=1, critical=2),
                ),
                graph(
                    "REST and GraphQL",
                    "Requests to methods of the API, and documents of GraphQL, per second.",
                    "reqps",
                    Query(per_second("api_rest_requests_total", _GATEWAY), "REST"),
                    Query(per_second("api_graphql_queries_total", _GATEWAY), "GraphQL"),
                    width=THIRD,
                ),
                graph(
                    "Requests in flight",
                    "HTTP requests being served, by gateway; streams of events count as long as they last.",
                    "short",
                    Query("sum by (instance) (http_requests_in_flight)", "{{instance}}"),
                    width=THIRD,
                ),
                graph(
                    "Connections that last",
                    "Open WebSockets and streams of server-sent events.",
                    "short",
                    Query("sum by (kind) (loadcell_live_connections)", "{{kind}}"),
                    width=THIRD,
                ),
            ),
        ),
        Row(
            "gRPC",
            (
                graph(
                    "Calls by status",
                    "Calls to the controllers that ended, per second, by status of gRPC.",
                    "reqps",
                    Query(per_second("grpc_server_handled_total", _CONTROLLER, by="grpc_code"), "{{grpc_code}}"),
                    stacked=True,
                ),
                graph(
                    "How long calls take",
                    "Quantiles over 5 minutes of calls with a single answer.",
                    "s",
                    Query("job:grpc_server_handling_seconds:p50_5m", "p50"),
                    Query("job:grpc_server_handling_seconds:p95_5m", "p95"),
                    Query("job:grpc_server_handling_seconds:p99_5m", "p99"),
                    limits=Limits(warning=1),
                ),
            ),
        ),
        Row(
            "Processes",
            (
                graph(
                    "Memory",
                    "Memory of each process that is scraped; of an agent its main process.",
                    "bytes",
                    Query(f"sum by (job, instance) (process_resident_memory_bytes{{{_OURS}}})", _EACH),
                    width=THIRD,
                ),
                graph(
                    "Processor",
                    "Processor time of each process: 1 is a core of its own.",
                    "short",
                    Query(per_second("process_cpu_seconds_total", _OURS, by="job, instance"), _EACH),
                    width=THIRD,
                ),
                graph(
                    "Open files",
                    "Share of the files and sockets that a process may have open.",
                    "percentunit",
                    Query(f"process_open_fds{{{_OURS}}} / process_max_fds{{{_OURS}}}", _EACH),
                    width=THIRD,
                    limits=Limits(warning=0.8),
                ),
            ),
        ),
    )
