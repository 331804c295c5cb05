"""Every metric of the exporter: name, type, labels, meaning. The documentation is generated from this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_RUN = ("run_id", "level")


@dataclass(frozen=True, slots=True)
class MetricName:
    """One metric as Prometheus shows it."""

    name: str
    type: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str


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
    (*_RUN, "concurrency", "rate"),
    "1 for every level that has begun; the load asked for is in concurrency or rate (per second).",
)
REQUESTS = MetricName(
    "loadcell_requests_total", "counter", (*_RUN, "status"), "Measured requests that ended: success or error."
)
ERRORS = MetricName("loadcell_errors_total", "counter", (*_RUN, "class"), "Failed requests by error class.")
TOKENS = MetricName(
    "loadcell_tokens_total", "counter", (*_RUN, "direction"), "Tokens of successful requests: input or output."
)
IN_FLIGHT = MetricName("loadcell_in_flight", "gauge", _RUN, "Requests in flight by the agents' last word.")
GOOD = MetricName(
    "loadcell_good_requests_total",
    "counter",
    _RUN,
    "Requests that met every objective; absent without objectives.",
)
GOODPUT = MetricName(
    "loadcell_goodput_ratio",
    "gauge",
    _RUN,
    "Requests that met every objective over all requests that ended, 0 to 1; absent without objectives.",
)
VERDICT = MetricName(
    "loadcell_client_verdict",
    "gauge",
    _RUN,
    "Fitness of the load generators: 0 clean, 1 degraded, 2 client_limited.",
)
TTFT = MetricName("loadcell_ttft_seconds", "histogram", _RUN, "Time to first token.")
ITL = MetricName("loadcell_itl_seconds", "histogram", _RUN, "Gaps between tokens.")
E2E = MetricName("loadcell_e2e_seconds", "histogram", _RUN, "Send to last payload event.")
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
LIVE_CONNECTIONS = MetricName(
    "loadcell_live_connections", "gauge", ("kind",), "Open connections that last: websocket, sse."
)

CONTROLLER_METRICS = (CONTROLLER_UP, AGENTS, RUNS, BATCHES, DUPLICATES, SAMPLES)
RUN_METRICS = (
    RUN_INFO, LEVEL_INFO, REQUESTS, ERRORS, TOKENS, IN_FLIGHT, GOOD, GOODPUT, VERDICT, TTFT, ITL, E2E,
)  # fmt: skip
HTTP_METRICS = (HTTP_REQUESTS, HTTP_DURATION)


def metric_names() -> list[MetricName]:
    """Return every metric the exporter can show."""
    return [*CONTROLLER_METRICS, *RUN_METRICS, *HTTP_METRICS, LIVE_CONNECTIONS]
