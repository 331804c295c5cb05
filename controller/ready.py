"""`python -m controller health`: whether the controller that runs with these settings takes calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from controller.listening_settings import ListeningSettings
from loadcell.readiness import over_grpc
from loadcell.readiness.connecting import tls_to_own
from loadcell.readiness.verdict import NotReadyError, tell
from loadcell.settings import load, path, setting


@dataclass(frozen=True)
class _Settings(ListeningSettings):
    """Where it listens, and what to show to one that wants a certificate; its own where nothing is said."""

    client_cert: Path | None = setting(None, parse=path, names=("LOADCELL_TLS_CLIENT_CERT",), doc="Certificate.")
    client_key: Path | None = setting(None, parse=path, names=("LOADCELL_TLS_CLIENT_KEY",), doc="Its key.")


def health(environ: Mapping[str, str]) -> int:
    """Say whether it is ready; return the exit status."""
    return tell("controller", lambda: _ask(environ))


def _ask(environ: Mapping[str, str]) -> str:
    settings = load(_Settings, environ)
    tls = None
    if not settings.grpc.unix_path:
        tls = tls_to_own(
            settings.tls_cert,
            settings.tls_key,
            settings.tls_client_ca,
            settings.client_cert,
            settings.client_key,
        )
    try:
        return over_grpc.ask("LOADCELL_GRPC", settings.grpc, tls)
    except NotReadyError as error:
        if settings.tls_client_ca is None or settings.client_cert is not None:
            raise
        raise NotReadyError(
            f"{error}; it was shown the controller's own certificate, and LOADCELL_TLS_CLIENT_CA may not have"
            " signed that: set LOADCELL_TLS_CLIENT_CERT and LOADCELL_TLS_CLIENT_KEY to what to show"
        ) from error
