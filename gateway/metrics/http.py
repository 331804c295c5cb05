"""The gateway's own metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from gateway.metrics.names import HTTP_DURATION, HTTP_REQUESTS

SERVICE = "gateway"
BUCKETS_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class HttpMetrics:
    """Counts and times of HTTP requests."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(HTTP_REQUESTS.name, HTTP_REQUESTS.help, HTTP_REQUESTS.labels, registry=registry)
        self._duration = Histogram(
            HTTP_DURATION.name,
            HTTP_DURATION.help,
            HTTP_DURATION.labels,
            registry=registry,
            buckets=BUCKETS_SECONDS,
        )

    def observe(self, method: str, template: str, status: int, seconds: float) -> None:
        """Count one request. A verb outside the known ones is "other", so that callers cannot make up series."""
        verb = method if method in _METHODS else "other"
        self._requests.labels(SERVICE, verb, str(status), template).inc()
        self._duration.labels(SERVICE, verb, template).observe(seconds)
