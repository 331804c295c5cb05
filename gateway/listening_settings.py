"""Settings of where the gateway serves HTTP and what it shows there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from loadcell import settings
from loadcell.settings import Address, setting


def http_address(value: str) -> Address:
    """Parse host:port, or a bare port, which is one on loopback."""
    # A bare number is what the variable PORT holds on hosting platforms.
    return settings.tcp_address(f"127.0.0.1:{value}" if value.isdecimal() else value)


@dataclass(frozen=True)
class ListeningSettings:
    """An address, and TLS."""

    http: Address = setting(
        Address("127.0.0.1", 8085),
        parse=http_address,
        names=("LOADCELL_HTTP", "PORT"),
        doc="Address of the HTTP API, host:port; a bare port is one on loopback. Port 0: any free one.",
    )
    http_tls_cert: Path | None = setting(
        None,
        parse=settings.path,
        names=("LOADCELL_HTTP_TLS_CERT",),
        doc="PEM file of the certificate that the HTTP API and the exporter show, with its chain; with it both are"
        " served over TLS only.",
    )
    http_tls_key: Path | None = setting(
        None,
        parse=settings.path,
        names=("LOADCELL_HTTP_TLS_KEY",),
        doc="PEM file of the key of LOADCELL_HTTP_TLS_CERT.",
    )
