"""Counts and times every call for Prometheus, under the names the gRPC ecosystem uses."""

from __future__ import annotations

import time
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from controller.interceptors.around import Around, Call, Context
from controller.interceptors.request_id import status_name


def metrics(registry: CollectorRegistry) -> Around:
    """Return what counts into `registry`; labels are bounded by the methods there are."""
    labels = ("grpc_service", "grpc_method")
    started = Counter("grpc_server_started", "Calls begun.", labels, registry=registry)
    handled = Counter("grpc_server_handled", "Calls ended, by status.", (*labels, "grpc_code"), registry=registry)
    seconds = Histogram("grpc_server_handling_seconds", "Duration of calls.", labels, registry=registry)
    active = Gauge("grpc_server_active", "Calls being served.", labels, registry=registry)

    def of_method(method: str, call: Call) -> Call:
        _, service, name = method.split("/", 2)
        of_started, of_active = started.labels(service, name), active.labels(service, name)
        of_seconds = seconds.labels(service, name)

        async def around(request: Any, context: Context) -> Any:
            of_started.inc()
            of_active.inc()
            begun = time.perf_counter()
            failed = True
            try:
                answer = await call(request, context)
                failed = False
                return answer
            finally:
                of_active.dec()
                of_seconds.observe(time.perf_counter() - begun)
                handled.labels(service, name, status_name(context, failed=failed)).inc()

        return around

    return of_method
