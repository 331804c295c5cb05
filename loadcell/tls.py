"""TLS between the processes of loadcell, from files that may be replaced at any time."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc
import structlog

from loadcell.certificates import TlsFile, check_authorities, check_pair, complete_client, complete_server
from loadcell.reloaded import Reloaded
from loadcell.serving_tls import HttpTls

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ClientTls:
    """What a client needs to trust the controller, and to be trusted when the controller asks for that.

    Attributes:
        ca: PEM file of the authorities that may have signed the controller's certificate.
        cert: PEM file of the client's own certificate with its chain, if it has one.
        key: PEM file of its key.
    """

    ca: Path
    cert: Path | None = None
    key: Path | None = None

    def reloaded(self) -> Reloaded[grpc.ChannelCredentials]:
        """Return credentials that are made again when a file changes.

        Raises:
            SettingsError: A file cannot be used.
        """
        return Reloaded([file for file in (self.ca, self.cert, self.key) if file is not None], self._load)

    def _load(self) -> grpc.ChannelCredentials:
        authorities = TlsFile("LOADCELL_TLS_CA", self.ca)
        check_authorities(authorities)
        if self.cert is None or self.key is None:
            return grpc.ssl_channel_credentials(authorities.read())
        certificate = TlsFile("LOADCELL_TLS_CLIENT_CERT", self.cert)
        key = TlsFile("LOADCELL_TLS_CLIENT_KEY", self.key)
        check_pair(certificate, key)
        return grpc.ssl_channel_credentials(authorities.read(), key.read(), certificate.read())


@dataclass(frozen=True, slots=True)
class ServerTls:
    """What the controller shows, and whom it lets in.

    Attributes:
        cert: PEM file of its certificate with its chain.
        key: PEM file of its key.
        client_ca: PEM file of the authorities of clients; when given, clients must have a certificate.
    """

    cert: Path
    key: Path
    client_ca: Path | None = None

    def credentials(self) -> grpc.ServerCredentials:
        """Return credentials that look at the files again for every new connection.

        Raises:
            SettingsError: A file cannot be used.
        """
        files = [file for file in (self.cert, self.key, self.client_ca) if file is not None]
        reloaded = Reloaded(files, self._load)

        def fetch() -> grpc.ServerCertificateConfiguration | None:
            return reloaded.value if reloaded.renew() else None

        return grpc.dynamic_ssl_server_credentials(
            reloaded.value,
            fetch,  # type: ignore[arg-type]  # None means no change, which the stubs do not know
            require_client_authentication=self.client_ca is not None,
        )

    def over_http(self) -> ssl.SSLContext:
        """Return the same for what is served over HTTP.

        Raises:
            SettingsError: A file cannot be used.
        """
        return HttpTls(*self._files()).context()

    def _files(self) -> tuple[TlsFile, TlsFile, TlsFile | None]:
        authorities = None if self.client_ca is None else TlsFile("LOADCELL_TLS_CLIENT_CA", self.client_ca)
        return TlsFile("LOADCELL_TLS_CERT", self.cert), TlsFile("LOADCELL_TLS_KEY", self.key), authorities

    def _load(self) -> grpc.ServerCertificateConfiguration:
        certificate, key, authorities = self._files()
        expires = check_pair(certificate, key)
        roots: bytes | None = None
        if authorities is not None:
            check_authorities(authorities)
            roots = authorities.read()
        log.info("tls_certificate_loaded", file=str(certificate), expires_at=expires.isoformat())
        return grpc.ssl_server_certificate_configuration([(key.read(), certificate.read())], roots)


def client_tls(ca: Path | None, cert: Path | None, key: Path | None) -> ClientTls | None:
    """Return what the settings of a client say, None when they say nothing of TLS.

    Raises:
        SettingsError: One of them is there without the others it needs.
    """
    complete_client(ca, cert, key)
    return None if ca is None else ClientTls(ca, cert, key)


def server_tls(cert: Path | None, key: Path | None, client_ca: Path | None) -> ServerTls | None:
    """Return what the settings of the controller say, None when they say nothing of TLS.

    Raises:
        SettingsError: One of them is there without the others it needs.
    """
    complete_server(cert, key, client_ca)
    return None if cert is None or key is None else ServerTls(cert, key, client_ca)
