"""TLS of what is served over HTTP, from files that may be replaced at any time."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

import structlog

from loadcell.certificates import TlsFile, check_authorities, check_pair
from loadcell.reloaded import Reloaded

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class HttpTls:
    """What a listener shows to clients, and whom it lets in.

    Attributes:
        cert: PEM file of its certificate with its chain.
        key: PEM file of its key.
        client_ca: PEM file of the authorities of clients; when given, clients must have a certificate.
    """

    cert: TlsFile
    key: TlsFile
    client_ca: TlsFile | None = None

    def context(self) -> ssl.SSLContext:
        """Return a context that looks at the files again for every new connection.

        Raises:
            SettingsError: A file cannot be used.
        """
        files = [file.path for file in (self.cert, self.key, self.client_ca) if file is not None]
        reloaded = Reloaded(files, self._load)
        first = reloaded.value

        # Called in every handshake, also in those that name no server.
        def choose(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
            reloaded.renew()
            connection.context = reloaded.value

        first.sni_callback = choose
        return first

    def _load(self) -> ssl.SSLContext:
        expires = check_pair(self.cert, self.key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(self.cert.path, self.key.path)
        if self.client_ca is not None:
            check_authorities(self.client_ca)
            context.load_verify_locations(self.client_ca.path)
            context.verify_mode = ssl.CERT_REQUIRED
        _log.info("tls_certificate_loaded", file=str(self.cert), expires_at=expires.isoformat())
        return context
