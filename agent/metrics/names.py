"""Every metric of an agent: name, type, labels, meaning. The documentation is generated from this table."""

from __future__ import annotations

from loadcell.metric_names import DISK_METRICS, PROCESS_METRICS, MetricName

CONNECTED = MetricName(
    "loadcell_agent_up_to_controller", "gauge", (), "1 while the agent is registered with a controller."
)
SPOOL_BYTES = MetricName(
    "loadcell_agent_spool_bytes", "gauge", (), "Samples on disk that the controller has not committed."
)
SPOOL_LIMIT = MetricName(
    "loadcell_agent_spool_limit_bytes", "gauge", (), "Most that the spool takes on disk; 0: there is none."
)
MEMORY_BYTES = MetricName(
    "loadcell_agent_uplink_memory_bytes",
    "gauge",
    (),
    "Samples in memory alone that the controller has not committed.",
)
UNACKNOWLEDGED = MetricName(
    "loadcell_agent_unacknowledged_batches", "gauge", (), "Batches that the controller has not committed."
)
LOST_BATCHES = MetricName(
    "loadcell_agent_lost_batches_total", "counter", (), "Batches that were damaged or missing in the spool."
)
HELD_BACK = MetricName(
    "loadcell_agent_held_back_seconds_total",
    "counter",
    (),
    "For how long load was held back, for no batch could be taken.",
)
WORKERS = MetricName("loadcell_agent_workers", "gauge", (), "Worker processes that can be given work.")
WORKER_RESTARTS = MetricName(
    "loadcell_agent_worker_restarts_total", "counter", (), "Worker processes that died and were started again."
)
IN_FLIGHT = MetricName("loadcell_agent_in_flight", "gauge", (), "Requests in flight by the workers' last word.")
LEASES = MetricName(
    "loadcell_agent_leases", "gauge", (), "Leases held: also those that have ended and are not delivered."
)
CLOCK_OFFSET = MetricName(
    "loadcell_agent_clock_offset_seconds",
    "gauge",
    (),
    "Clock of the agent minus clock of the controller; absent before the first heartbeat was answered.",
)
CLOCK_UNCERTAINTY = MetricName(
    "loadcell_agent_clock_uncertainty_seconds", "gauge", (), "The true offset is within so much of the one shown."
)
CLOCK_STEPS = MetricName(
    "loadcell_agent_clock_steps_total", "counter", (), "How often the wall clock of the machine was set."
)

AGENT_METRICS = (
    CONNECTED, SPOOL_BYTES, SPOOL_LIMIT, MEMORY_BYTES, UNACKNOWLEDGED, LOST_BATCHES, HELD_BACK, WORKERS,
    WORKER_RESTARTS, IN_FLIGHT, LEASES, CLOCK_OFFSET, CLOCK_UNCERTAINTY, CLOCK_STEPS,
)  # fmt: skip


def metric_names() -> tuple[MetricName, ...]:
    """Return every metric an agent can show."""
    return (*AGENT_METRICS, *DISK_METRICS, *PROCESS_METRICS)
