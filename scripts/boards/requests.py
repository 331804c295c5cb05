"""Requests and latency: who asks for what, and how long it takes."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Dashboard

from scripts.boards.layout import CONTROLLER, GATEWAY, OF_CONTROLLER, OF_GATEWAY, Row, board
from scripts.boards.panels import THIRD, WHOLE, Limits, Query, graph
from scripts.boards.promql import per_second, quantile, quantiles

_BRIEF = OF_GATEWAY + ',endpoint!~".*/(events|analysis|download)"'


def make() -> Dashboard:
    """Return the board."""
    return board(
        "requests",
        "Requests and latency",
        "What is asked over HTTP and gRPC, how often, how long it takes, and how large it is.",
        Row(
            "HTTP",
            (
                graph(
                    "Requests by endpoint",
                    "Requests per second of the ten endpoints that are asked most, by the template of the path.",
                    "reqps",
                    Query(
                        _most(per_second("http_requests_total", OF_GATEWAY, by="method, endpoint")),
                        "{{method}} {{endpoint}}",
                    ),
                ),
                graph(
                    "Quantiles",
                    "How long HTTP requests take, without streams, downloads and analyses; points are single"
                    " requests with their ids.",
                    "s",
                    *quantiles("http_request_duration_seconds", _BRIEF, exemplars=True),
                    limits=Limits(warning=1, critical=2),
                ),
                graph(
                    "Slowest endpoints",
                    "95th percentile of the ten endpoints that take longest.",
                    "s",
                    Query(
                        _most(quantile("http_request_duration_seconds", 0.95, _BRIEF, by="method, endpoint")),
                        "{{method}} {{endpoint}}",
                    ),
                    width=WHOLE,
                    limits=Limits(warning=1, critical=2),
                ),
                graph(
                    "In flight",
                    "HTTP requests being served, by gateway.",
                    "short",
                    Query(f"sum by (instance) (http_requests_in_flight{{{OF_GATEWAY}}})", "{{instance}}"),
                    width=THIRD,
                ),
                graph(
                    "Bodies of requests",
                    "Quantiles of the size of bodies, as far as they were read.",
                    "bytes",
                    *quantiles("http_request_size_bytes", OF_GATEWAY),
                    width=THIRD,
                ),
                graph(
                    "Bodies of responses",
                    "Quantiles of the size of bodies, as they were sent: compressed where the caller takes that.",
                    "bytes",
                    *quantiles("http_response_size_bytes", OF_GATEWAY),
                    width=THIRD,
                ),
            ),
        ),
        Row(
            "gRPC",
            (
                graph(
                    "Calls by method",
                    "Calls per second of the ten methods that are called most.",
                    "reqps",
                    Query(
                        _most(per_second("grpc_server_handled_total", OF_CONTROLLER, by="grpc_method")),
                        "{{grpc_method}}",
                    ),
                ),
                graph(
                    "Slowest methods",
                    "95th percentile of the ten methods that take longest; those that stream take as long as they"
                    " are wanted.",
                    "s",
                    Query(
                        _most(quantile("grpc_server_handling_seconds", 0.95, OF_CONTROLLER, by="grpc_method")),
                        "{{grpc_method}}",
                    ),
                ),
                graph(
                    "Calls being served",
                    "Calls that have begun and not ended, by method; agents hold two each.",
                    "short",
                    Query(
                        f"sum by (grpc_method) (grpc_server_active{{{OF_CONTROLLER}}}) > 0",
                        "{{grpc_method}}",
                    ),
                    width=WHOLE,
                    stacked=True,
                ),
            ),
        ),
        choices=(GATEWAY, CONTROLLER),
    )


def _most(expr: str) -> str:
    return f"topk(10, {expr})"
