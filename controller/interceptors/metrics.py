"""Counts and times every call for Prometheus, under the names the gRPC ecosystem uses."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from controller.interceptors.around import Around, Context
from controller.interceptors.request_id import status_name


def metrics(registry: CollectorRegistry) -> Around:
    """Return the interceptor that counts into `registry`; labels are bounded by the methods there are."""
    labels = ("grpc_service", "grpc_method")
    started = Counter("grpc_server_started", "Calls begun.", labels, registry=registry)
    handled = Counter("grpc_server_handled", "Calls ended, by status.", (*labels, "grpc_code"), registry=registry)
    seconds = Histogram("grpc_server_handling_seconds", "Duration of calls.", labels, registry=registry)
    active = Gauge("grpc_server_active", "Calls being served.", labels, registry=registry)

    @asynccontextmanager
    async def around(method: str, context: Context) -> AsyncIterator[None]:
        _, service, name = method.split("/", 2)
        started.labels(service, name).inc()
        active.labels(service, name).inc()
        begun = time.perf_counter()
        failed = False
        try:
            yield
        except BaseException:
            failed = True
            raise
        finally:
            active.labels(service, name).dec()
            seconds.labels(service, name).observe(time.perf_counter() - begun)
            handled.labels(service, name, status_name(context, failed=failed)).inc()

    return around
