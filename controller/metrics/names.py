"""Every metric of a controller: name, type, labels, meaning. The documentation is generated from this table."""

from __future__ import annotations

from loadcell.metric_names import DISK_METRICS, PROCESS_METRICS, MetricName

_METHOD = ("grpc_service", "grpc_method")
_MODEL = ("model", "provider")
_CLASS = ("role", "route_class")

CALLS_STARTED = MetricName("grpc_server_started_total", "counter", _METHOD, "Calls begun.")
CALLS_HANDLED = MetricName(
    "grpc_server_handled_total", "counter", (*_METHOD, "grpc_code"), "Calls ended, by status."
)
CALL_SECONDS = MetricName("grpc_server_handling_seconds", "histogram", _METHOD, "Duration of calls.")
CALLS_ACTIVE = MetricName("grpc_server_active", "gauge", _METHOD, "Calls being served.")
CALLS_REFUSED = MetricName(
    "loadcell_calls_refused_total", "counter", ("reason",), "Calls refused to their caller."
)
AUTH_FAILURES = MetricName(
    "auth_failures_total",
    "counter",
    ("outcome",),
    "Authentications that were wrong (failed), or not looked at after many that were (unheard).",
)

RATE_EXCEEDED = MetricName(
    "rate_limit_exceeded_total",
    "counter",
    _CLASS,
    "Calls above a rate: traces, metrics, search, export, compare, graphql, or all where only the role has one.",
)
RATE_ALLOWED = MetricName(
    "rate_limit_requests_allowed_total", "counter", _CLASS, "Calls that were held against a rate and let in."
)
RATE_REMAINING = MetricName(
    "rate_limit_remaining_ratio",
    "histogram",
    (),
    "Share of their calls that callers had left, 0 to 1, at each call: a gauge for each would have no bound.",
)
RATE_DEGRADED = MetricName(
    "rate_limit_degraded", "gauge", (), "1 while each controller counts by itself: Redis is away."
)

CACHE_HITS = MetricName("cache_hits_total", "counter", ("kind",), "Answers that were kept.")
CACHE_MISSES = MetricName("cache_misses_total", "counter", ("kind",), "Answers that were computed.")
CACHE_SIZE = MetricName(
    "cache_size_bytes", "gauge", (), "What kept answers take in this process; absent where Redis keeps them."
)

POOL_CONNECTIONS = MetricName(
    "db_pool_connections", "gauge", ("pool", "state"), "Connections to the database that are open: in_use or idle."
)
POOL_SIZE = MetricName(
    "db_pool_size", "gauge", ("pool",), "Connections that may be open: of the writer, the readers, the caller."
)
POOL_IDLE = MetricName("db_pool_idle", "gauge", ("pool",), "Connections that are open and not in use.")
QUERY_SECONDS = MetricName(
    "db_query_duration_seconds",
    "histogram",
    ("operation",),
    "Transactions from begin to commit, with what was tried again: write, read, look_up (who calls).",
)
QUERIES = MetricName("db_queries_total", "counter", ("operation",), "Transactions: write, read, look_up.")
QUERY_ERRORS = MetricName(
    "db_errors_total",
    "counter",
    ("error_type",),
    "Transactions that failed, by class of the error.",
)
ACQUIRE_SECONDS = MetricName(
    "storage_connection_acquire_duration_seconds",
    "histogram",
    ("pool",),
    "How long transactions waited for a connection.",
)
RETRIES = MetricName(
    "storage_retries_total",
    "counter",
    (),
    "Transactions tried again: the database was away or locked.",
)

WRITE_SECONDS = MetricName(
    "storage_write_duration_seconds", "histogram", (), "Commits of batches, from begin to acknowledged."
)
WRITES = MetricName("storage_writes_total", "counter", (), "Commits of batches; each may hold many.")
WRITE_ERRORS = MetricName(
    "storage_errors_total",
    "counter",
    ("error_type",),
    "Batches that were not stored: commit (sent again by the agent), or why they were refused.",
)
ITEMS_WRITTEN = MetricName("storage_items_written_total", "counter", (), "Requests committed.")
BATCH_SIZE = MetricName("storage_batch_size", "histogram", (), "Requests of a batch.")
BUFFER_SIZE = MetricName("storage_buffer_size", "gauge", (), "Batches decoded and not yet committed, at most 64.")
INGEST_LAG = MetricName(
    "loadcell_ingest_lag_seconds",
    "gauge",
    (),
    "How far the database is behind the load: age of the newest request of the last batches when they were"
    " committed, or of the batch that waits longest; 0 without batches for a minute.",
)

LLM_REQUESTS = MetricName(
    "llm_requests_total",
    "counter",
    (*_MODEL, "status"),
    "Requests to models that ended, warm-up among them: success or error.",
)
LLM_TOKENS = MetricName(
    "llm_tokens_total", "counter", (*_MODEL, "token_type"), "Tokens of requests to models: prompt or completion."
)
LLM_COST = MetricName(
    "llm_cost_usd_total", "counter", _MODEL, "What requests to models cost by the price list, in US dollars."
)
LLM_SECONDS = MetricName(
    "llm_duration_seconds", "histogram", _MODEL, "Send to last payload event of requests that succeeded."
)

AGENTS = MetricName("loadcell_agents", "gauge", ("state",), "Agents by state: ready, busy, draining, lost.")
RUNS = MetricName("loadcell_runs", "gauge", ("status",), "Runs in the database by status word.")
ACTIVE_RUNS = MetricName("loadcell_active_runs", "gauge", (), "Runs that this controller drives.")
CLIENT_LIMITED = MetricName(
    "loadcell_client_limited_runs_total", "counter", (), "Results whose verdict is client_limited."
)
BUDGET_ALERTS = MetricName(
    "loadcell_budget_alerts_total", "counter", ("severity",), "Alerts of budgets that this controller has raised."
)
AGENT_REFUSALS = MetricName(
    "loadcell_agent_refusals_total", "counter", ("reason",), "What agents sent and was refused."
)

SERVED_METRICS = (CALLS_STARTED, CALLS_HANDLED, CALL_SECONDS, CALLS_ACTIVE)
CALL_METRICS = (*SERVED_METRICS, CALLS_REFUSED, AUTH_FAILURES)
RATE_METRICS = (RATE_EXCEEDED, RATE_ALLOWED, RATE_REMAINING, RATE_DEGRADED)
CACHE_METRICS = (CACHE_HITS, CACHE_MISSES, CACHE_SIZE)
DATABASE_METRICS = (
    POOL_CONNECTIONS, POOL_SIZE, POOL_IDLE, QUERY_SECONDS, QUERIES, QUERY_ERRORS, ACQUIRE_SECONDS, RETRIES,
)  # fmt: skip
INGEST_METRICS = (
    WRITE_SECONDS, WRITES, WRITE_ERRORS, ITEMS_WRITTEN, BATCH_SIZE, BUFFER_SIZE, INGEST_LAG,
)  # fmt: skip
MODEL_METRICS = (LLM_REQUESTS, LLM_TOKENS, LLM_COST, LLM_SECONDS)
FLEET_METRICS = (AGENTS, RUNS, ACTIVE_RUNS, CLIENT_LIMITED, BUDGET_ALERTS, AGENT_REFUSALS)


def metric_names() -> tuple[MetricName, ...]:
    """Return every metric a controller can show."""
    return (
        *CALL_METRICS,
        *RATE_METRICS,
        *CACHE_METRICS,
        *DATABASE_METRICS,
        *INGEST_METRICS,
        *MODEL_METRICS,
        *FLEET_METRICS,
        *DISK_METRICS,
        *PROCESS_METRICS,
    )
