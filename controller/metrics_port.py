"""Where a controller serves its metrics and tells how it is."""

from __future__ import annotations

import ssl
from pathlib import Path

from prometheus_client import CollectorRegistry

from controller.condition import Condition
from loadcell.metrics_port import MetricsPort
from loadcell.settings import Address, kind_of


def open_metrics_port(
    address: Address,
    registry: CollectorRegistry,
    condition: Condition,
    folder: Path,
    tls: ssl.SSLContext | None,
) -> MetricsPort:
    """Serve metrics, with those of the disk of a folder, and health; with `tls` over TLS and over nothing else.

    Raises:
        SettingsError: The address is taken or not of this machine.
    """
    try:
        return MetricsPort("loadcell-controller", address, registry, condition.health, folder, tls=tls)
    except OSError as error:
        raise kind_of(error)(f"LOADCELL_CONTROLLER_METRICS={address}: {error.strerror or error}") from error
