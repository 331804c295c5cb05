"""How many connections last, as a metric."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from gateway.live.live import Live
from gateway.metrics.names import LIVE_CONNECTIONS
from loadcell.metric_sheet import Sheet, show


def show_connections(live: Live, registry: CollectorRegistry) -> None:
    """Let a registry show how many WebSockets and streams of events are open."""

    def fill(sheet: Sheet) -> None:
        sheet.add(LIVE_CONNECTIONS, ("websocket",), live.sockets.taken)
        sheet.add(LIVE_CONNECTIONS, ("sse",), live.streams.taken)

    show(registry, (LIVE_CONNECTIONS,), fill)
