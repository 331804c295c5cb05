"""Settings of every process that dials a controller."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from loadcell import settings
from loadcell.settings import Secret, setting


@dataclass(frozen=True)
class DialSettings:
    """How to be admitted by a controller, and how to know it; where it is each process says for itself."""

    api_key: Secret = setting(
        Secret(""), parse=settings.credential, names=("LOADCELL_API_KEY", "API_KEY"), doc="Key for the controller."
    )
    tls_ca: Path | None = setting(
        None,
        parse=settings.path,
        names=("LOADCELL_TLS_CA",),
        doc="PEM file of the authorities that may have signed the controller's certificate; turns TLS on.",
    )
    tls_client_cert: Path | None = setting(
        None,
        parse=settings.path,
        names=("LOADCELL_TLS_CLIENT_CERT",),
        doc="PEM file of the own certificate, for a controller that asks for one.",
    )
    tls_client_key: Path | None = setting(
        None,
        parse=settings.path,
        names=("LOADCELL_TLS_CLIENT_KEY",),
        doc="PEM file of the key of LOADCELL_TLS_CLIENT_CERT.",
    )
