"""What metrics are called. Each service has a table of its own, which its documentation is generated from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class MetricName:
    """One metric as Prometheus shows it."""

    name: str
    type: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str


# What the client library of Prometheus tells of a process, by its own names.
PROCESS_METRICS = (
    MetricName("process_cpu_seconds_total", "counter", (), "Processor time the process has taken."),
    MetricName("process_resident_memory_bytes", "gauge", (), "Memory the process has in use."),
    MetricName("process_virtual_memory_bytes", "gauge", (), "Address space of the process."),
    MetricName("process_start_time_seconds", "gauge", (), "When the process started, since 1970 UTC."),
    MetricName("process_open_fds", "gauge", (), "Open files and sockets."),
    MetricName("process_max_fds", "gauge", (), "Files and sockets that may be open."),
)

# Of the disk that a process keeps its data on.
DISK_FREE = MetricName(
    "loadcell_disk_free_bytes",
    "gauge",
    (),
    "Bytes the process may still write where its data is: an agent's spool, a controller's SQLite file or, with"
    " PostgreSQL, its data directory. Absent where the file system does not say.",
)
DISK_SIZE = MetricName("loadcell_disk_size_bytes", "gauge", (), "All of that disk, used or not.")
DISK_METRICS = (DISK_FREE, DISK_SIZE)
