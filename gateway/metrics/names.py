"""Every metric of the exporter: name, type, labels, meaning. The documentation is generated from this table."""

from __future__ import annotations

from loadcell.metric_names import PROCESS_METRICS, MetricName

_RUN = ("run_id",)
_LEVEL = ("run_id", "level")

CONTROLLER_UP = MetricName(
    "loadcell_controller_up", "gauge", (), "1 when the last call to the controller succeeded."
)
AGENTS = MetricName("loadcell_agents", "gauge", ("state",), "Agents by state: ready, busy, draining, lost.")
RUNS = MetricName("loadcell_runs", "gauge", ("status",), "Runs in the database by status word.")
BATCHES = MetricName(
    "loadcell_batches_committed_total", "counter", (), "Batches committed since the controller started."
)
DUPLICATES = MetricName(
    "loadcell_batches_duplicate_total", "counter", (), "Batches that came again and were not counted twice."
)
SAMPLES = MetricName(
    "loadcell_samples_committed_total", "counter", (), "Samples committed since the controller started."
)
RUN_INFO = MetricName(
    "loadcell_run_info", "gauge", ("run_id", "model", "status"), "1 for every active or recently ended run."
)
LEVEL_INFO = MetricName(
    "loadcell_level_info",
    "gauge",
    (*_LEVEL, "concurrency", "rate"),
    "1 for every level that has begun; the load asked for is in concurrency or rate (per second).",
)
REQUESTS = MetricName(
    "loadcell_requests_total", "counter", (*_LEVEL, "status"), "Measured requests that ended: success or error."
)
ERRORS = MetricName("loadcell_errors_total", "counter", (*_LEVEL, "class"), "Failed requests by error class.")
TOKENS = MetricName(
    "loadcell_tokens_total", "counter", (*_LEVEL, "direction"), "Tokens of successful requests: input or output."
)
IN_FLIGHT = MetricName("loadcell_in_flight", "gauge", _LEVEL, "Requests in flight by the agents' last word.")
GOOD = MetricName(
    "loadcell_good_requests_total",
    "counter",
    _LEVEL,
    "Requests that met every objective; absent without objectives.",
)
GOODPUT = MetricName(
    "loadcell_goodput_ratio",
    "gauge",
    _LEVEL,
    "Requests that met every objective over all requests that ended, 0 to 1; absent without objectives.",
)
VERDICT = MetricName(
    "loadcell_client_verdict",
    "gauge",
    _LEVEL,
    "Fitness of the load generators: 0 clean, 1 degraded, 2 client_limited.",
)
TTFT = MetricName("loadcell_ttft_seconds", "histogram", _RUN, "Time to first token, all levels together.")
ITL = MetricName("loadcell_itl_seconds", "histogram", _RUN, "Gaps between tokens, all levels together.")
E2E = MetricName("loadcell_e2e_seconds", "histogram", _RUN, "Send to last payload event, all levels together.")
HTTP_REQUESTS = MetricName(
    "http_requests_total",
    "counter",
    ("service", "method", "status", "endpoint"),
    "HTTP requests of the gateway by path template.",
)
HTTP_DURATION = MetricName(
    "http_request_duration_seconds",
    "histogram",
    ("service", "method", "endpoint"),
    "Time from request to end of response in the gateway by path template.",
)
HTTP_IN_FLIGHT = MetricName(
    "http_requests_in_flight", "gauge", ("service",), "HTTP requests being served, streams of events among them."
)
HTTP_REQUEST_SIZE = MetricName(
    "http_request_size_bytes",
    "histogram",
    ("service", "method"),
    "Bodies of HTTP requests as they came.",
)
HTTP_RESPONSE_SIZE = MetricName(
    "http_response_size_bytes", "histogram", ("service", "method"), "Bodies of HTTP responses as they were sent."
)
REST_REQUESTS = MetricName(
    "api_rest_requests_total", "counter", (), "HTTP requests of the methods of the API: all that are no GraphQL."
)
GRAPHQL_QUERIES = MetricName("api_graphql_queries_total", "counter", (), "GraphQL documents that were sent.")
AUTH_FAILURES = MetricName(
    "api_auth_failures_total", "counter", (), "HTTP requests answered 401: no credential, or a wrong one."
)
RATE_EXCEEDED = MetricName(
    "rate_limit_exceeded_total",
    "counter",
    ("route_class",),
    "HTTP requests answered 429 by what was asked: rest, graphql, live. The controller counts calls.",
)
RATE_ALLOWED = MetricName(
    "rate_limit_requests_allowed_total",
    "counter",
    ("route_class",),
    "HTTP requests to what has a rate that were let in: rest, graphql, live. The controller counts calls.",
)
LIVE_CONNECTIONS = MetricName(
    "loadcell_live_connections", "gauge", ("kind",), "Open connections that last: websocket, sse."
)

CONTROLLER_METRICS = (CONTROLLER_UP, AGENTS, RUNS, BATCHES, DUPLICATES, SAMPLES)
RUN_METRICS = (
    RUN_INFO, LEVEL_INFO, REQUESTS, ERRORS, TOKENS, IN_FLIGHT, GOOD, GOODPUT, VERDICT, TTFT, ITL, E2E,
)  # fmt: skip
HTTP_METRICS = (
    HTTP_REQUESTS, HTTP_DURATION, HTTP_IN_FLIGHT, HTTP_REQUEST_SIZE, HTTP_RESPONSE_SIZE, REST_REQUESTS,
    GRAPHQL_QUERIES, AUTH_FAILURES, RATE_EXCEEDED, RATE_ALLOWED,
)  # fmt: skip


def metric_names() -> tuple[MetricName, ...]:
    """Return every metric the exporter can show."""
    return (*CONTROLLER_METRICS, *RUN_METRICS, *HTTP_METRICS, LIVE_CONNECTIONS, *PROCESS_METRICS)
