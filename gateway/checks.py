"""What is looked at of the settings of a gateway: before it touches anything, and by `loadcell config check`."""

from __future__ import annotations

from gateway.settings import Settings
from loadcell.certificates import TlsFile, check_client, check_pair
from loadcell.config.clock import check_clock
from loadcell.config.places import check_different, check_known, check_reachable
from loadcell.config.report import Checks
from loadcell.settings import SettingsError, addresses


def _own_tls(settings: Settings) -> None:
    if settings.http_tls_cert is not None and settings.http_tls_key is not None:
        check_pair(
            TlsFile("LOADCELL_HTTP_TLS_CERT", settings.http_tls_cert),
            TlsFile("LOADCELL_HTTP_TLS_KEY", settings.http_tls_key),
        )


def _tls(settings: Settings) -> None:
    check_client(settings.tls_ca, settings.tls_client_cert, settings.tls_client_key)


def _addresses(settings: Settings) -> None:
    check_different("LOADCELL_HTTP", settings.http, "LOADCELL_EXPORTER", settings.exporter)
    check_known("LOADCELL_HTTP", settings.http)
    check_known("LOADCELL_EXPORTER", settings.exporter)


def _seen_on_the_network(settings: Settings) -> None:
    if settings.http_tls_cert is None and not settings.http.is_loopback:
        raise SettingsError(
            f"LOADCELL_HTTP={settings.http}: keys and results can be read on the network; set"
            " LOADCELL_HTTP_TLS_CERT and LOADCELL_HTTP_TLS_KEY"
        )


def _controller(settings: Settings) -> None:
    check_reachable("LOADCELL_CONTROLLER", addresses(settings.controller))


CHECKS: Checks[Settings] = Checks(
    errors=(check_clock, _own_tls, _tls, _addresses), warnings=(_seen_on_the_network,), connections=(_controller,)
)
