"""Settings of where the controller listens and what it shows there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from loadcell.settings import Address, address, path, setting


@dataclass(frozen=True)
class ListeningSettings:
    """An address, and TLS."""

    grpc: Address = setting(
        Address("127.0.0.1", 50051),
        parse=address,
        names=("LOADCELL_GRPC",),
        doc="Address to serve gRPC on: host:port or unix:/path.",
    )
    tls_cert: Path | None = setting(
        None,
        parse=path,
        names=("LOADCELL_TLS_CERT",),
        doc="PEM file of the certificate to show, with its chain; with it gRPC and the controller's metrics are"
        " served over TLS only.",
    )
    tls_key: Path | None = setting(
        None, parse=path, names=("LOADCELL_TLS_KEY",), doc="PEM file of the key of LOADCELL_TLS_CERT."
    )
    tls_client_ca: Path | None = setting(
        None,
        parse=path,
        names=("LOADCELL_TLS_CLIENT_CA",),
        doc="PEM file of the authorities of clients; with it every client must have a certificate of theirs.",
    )
