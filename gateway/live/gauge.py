"""How many connections last, as a metric."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge

from gateway.live.live import Live
from gateway.metrics.names import LIVE_CONNECTIONS


def show_connections(live: Live, registry: CollectorRegistry) -> None:
    """Let a registry show how many WebSockets and streams of events are open."""
    gauge = Gauge(LIVE_CONNECTIONS.name, LIVE_CONNECTIONS.help, LIVE_CONNECTIONS.labels, registry=registry)
    gauge.labels("websocket").set_function(lambda: live.sockets.taken)
    gauge.labels("sse").set_function(lambda: live.streams.taken)
