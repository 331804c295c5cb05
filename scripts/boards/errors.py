"""Errors: what fails, where, and why."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Dashboard

from scripts.boards.layout import CONTROLLER, GATEWAY, OF_CONTROLLER, OF_GATEWAY, Row, board
from scripts.boards.panels import THIRD, Limits, Query, graph
from scripts.boards.promql import per_second

_RATIO = Limits(warning=0.01, critical=0.05)
_FAULTS = 'grpc_code=~"UNKNOWN|INTERNAL|UNAVAILABLE|DATA_LOSS"'


def make() -> Dashboard:
    """Return the board."""
    return board(
        "errors",
        "Errors",
        "What fails, where, and why: faults of ours first, then what callers, agents and models are told.",
        Row(
            "Faults",
            (
                graph(
                    "Share of failures",
                    "Answers with a status of 500 or above, calls that ended with UNKNOWN, INTERNAL, UNAVAILABLE"
                    " or DATA_LOSS, and transactions that failed, each of all of its kind.",
                    "percentunit",
                    Query("job:http_errors:ratio_rate5m", "HTTP"),
                    Query("job:grpc_errors:ratio_rate5m", "gRPC"),
                    Query("job:db_errors:ratio_rate5m", "database"),
                    limits=_RATIO,
                ),
                graph(
                    "HTTP failures by endpoint",
                    "Answers with a status of 500 or above, per second.",
                    "reqps",
                    Query(
                        per_second(
                            "http_requests_total", OF_GATEWAY + ',status=~"5.."', by="status, method, endpoint"
                        )
                        + " > 0",
                        "{{status}} {{method}} {{endpoint}}",
                    ),
                ),
                graph(
                    "gRPC failures by method",
                    "Calls that ended with UNKNOWN, INTERNAL, UNAVAILABLE or DATA_LOSS, per second.",
                    "reqps",
                    Query(
                        per_second(
                            "grpc_server_handled_total", f"{OF_CONTROLLER},{_FAULTS}", by="grpc_code, grpc_method"
                        )
                        + " > 0",
                        "{{grpc_code}} {{grpc_method}}",
                    ),
                ),
                graph(
                    "Errors of the database",
                    "Transactions that failed although they were tried again, per second, by class of error.",
                    "ops",
                    Query(
                        per_second("db_errors_total", OF_CONTROLLER, by="error_type"),
                        "{{error_type}}",
                    ),
                ),
            ),
        ),
        Row(
            "What others are told",
            (
                graph(
                    "HTTP refusals",
                    "Answers with a status from 400 to 499, per second: callers who ask for what they may not"
                    " have, or what is not there.",
                    "reqps",
                    Query(
                        per_second("http_requests_total", OF_GATEWAY + ',status=~"4.."', by="status"),
                        "{{status}}",
                    ),
                    width=THIRD,
                ),
                graph(
                    "Calls refused",
                    "Calls that the controllers refused, per second, by reason.",
                    "reqps",
                    Query(
                        per_second("loadcell_calls_refused_total", OF_CONTROLLER, by="reason"),
                        "{{reason}}",
                    ),
                    width=THIRD,
                ),
                graph(
                    "Wrong credentials",
                    "Authentications that were wrong, or not looked at after many that were, per second; and HTTP"
                    " requests answered 401.",
                    "reqps",
                    Query(
                        per_second("auth_failures_total", OF_CONTROLLER, by="outcome"),
                        "{{outcome}}",
                    ),
                    Query(
                        per_second("api_auth_failures_total", OF_GATEWAY),
                        "HTTP 401",
                    ),
                    width=THIRD,
                    limits=Limits(warning=10 / 60),
                ),
                graph(
                    "What agents sent and was refused",
                    "Registrations, batches and calls of agents that were refused, per second, by reason.",
                    "reqps",
                    Query(
                        per_second("loadcell_agent_refusals_total", OF_CONTROLLER, by="reason"),
                        "{{reason}}",
                    ),
                    width=THIRD,
                ),
                graph(
                    "Batches not stored",
                    "Batches of samples that were not stored, per second: commit is sent again, others say why.",
                    "cps",
                    Query(
                        per_second("storage_errors_total", OF_CONTROLLER, by="error_type"),
                        "{{error_type}}",
                    ),
                    width=THIRD,
                ),
                graph(
                    "Failed requests to models",
                    "Share of the requests of runs that ended with an error, by model.",
                    "percentunit",
                    Query("model_provider:llm_errors:ratio_rate5m", "{{provider}} {{model}}"),
                    width=THIRD,
                    limits=_RATIO,
                ),
            ),
        ),
        choices=(GATEWAY, CONTROLLER),
    )
