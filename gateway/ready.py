"""`python -m gateway health`: whether the gateway that runs with these settings takes calls."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.listening_settings import ListeningSettings
from loadcell.readiness import over_http
from loadcell.readiness.connecting import unverified
from loadcell.readiness.verdict import tell
from loadcell.settings import load


def health(environ: Mapping[str, str]) -> int:
    """Say whether it is ready; return the exit status."""
    return tell("gateway", lambda: _ask(environ))


def _ask(environ: Mapping[str, str]) -> str:
    settings = load(ListeningSettings, environ)
    tls = None if settings.http_tls_cert is None else unverified()
    meaning = "the controller behind it, LOADCELL_CONTROLLER, takes no calls now"
    return over_http.ask("LOADCELL_HTTP", settings.http, tls, service="loadcell-gateway", meaning=meaning)
