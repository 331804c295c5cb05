"""Serves the agent's metrics and tells how it is. Imported only where that is asked for: it takes its time."""

from __future__ import annotations

import ssl
from pathlib import Path

from prometheus_client import CollectorRegistry

from agent.metrics.names import AGENT_METRICS
from agent.metrics.vitals import AgentVitals
from loadcell.metric_sheet import show
from loadcell.metrics_port import MetricsPort
from loadcell.settings import Address, kind_of


def open_metrics_port(
    address: Address, vitals: AgentVitals, folder: Path, tls: ssl.SSLContext | None
) -> MetricsPort:
    """Serve metrics, with those of the disk of a folder, and health; with `tls` over TLS and over nothing else.

    Raises:
        SettingsError: The address is taken or not of this machine.
    """
    registry = CollectorRegistry()
    show(registry, AGENT_METRICS, vitals.fill)
    try:
        return MetricsPort("loadcell-agent", address, registry, vitals.health, folder, tls=tls)
    except OSError as error:
        raise kind_of(error)(f"LOADCELL_AGENT_METRICS={address}: {error.strerror or error}") from error
