"""TLS of the gateway's listeners, from files that may be replaced at any time."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import structlog

from loadcell.certificates import TlsFile, check_pair
from loadcell.reloaded import Reloaded

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class HttpTls:
    """What the gateway shows to callers and scrapers.

    Attributes:
        cert: PEM file of its certificate with its chain.
        key: PEM file of its key.
    """

    cert: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Return a context that looks at the files again for every new connection.

        Raises:
            SettingsError: A file cannot be used.
        """
        reloaded = Reloaded([self.cert, self.key], self._load)
        first = reloaded.value

        # Called in every handshake, also in those that name no server.
        def choose(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
            reloaded.renew()
            connection.context = reloaded.value

        first.sni_callback = choose
        return first

    def _load(self) -> ssl.SSLContext:
        certificate, key = (
            TlsFile("LOADCELL_HTTP_TLS_CERT", self.cert),
            TlsFile("LOADCELL_HTTP_TLS_KEY", self.key),
        )
        expires = check_pair(certificate, key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(self.cert, self.key)
        _log.info("tls_certificate_loaded", file=str(certificate), expires_at=expires.isoformat())
        return context
