"""Looks at certificate files before they are used: gRPC does not tell what is wrong with them."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loadcell.settings import SettingsError, both

_EXPIRED, _NOT_YET_VALID = 10, 9  # of x509_vfy.h
_PARTIAL_CHAIN = 0x80000  # the same: a certificate may be trusted by itself


@dataclass(frozen=True, slots=True)
class TlsFile:
    """A file in PEM form, with the name of the setting that points to it."""

    setting: str
    path: Path

    def __str__(self) -> str:
        return f"{self.setting}={self.path}"

    def read(self) -> bytes:
        """Return what is in it.

        Raises:
            SettingsError: It cannot be read.
        """
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise SettingsError(f"{self}: {error.strerror}; give the path of a PEM file") from error


def check_client(ca: Path | None, cert: Path | None, key: Path | None) -> None:
    """Look at everything that the settings of a client say of TLS.

    Raises:
        SettingsError: Something is missing, or a file cannot be used.
    """
    complete_client(ca, cert, key)
    if ca is not None:
        check_authorities(TlsFile("LOADCELL_TLS_CA", ca))
    if cert is not None and key is not None:
        check_pair(TlsFile("LOADCELL_TLS_CLIENT_CERT", cert), TlsFile("LOADCELL_TLS_CLIENT_KEY", key))


def check_server(cert: Path | None, key: Path | None, client_ca: Path | None) -> None:
    """Look at everything that the settings of the controller say of TLS.

    Raises:
        SettingsError: Something is missing, or a file cannot be used.
    """
    complete_server(cert, key, client_ca)
    if cert is not None and key is not None:
        check_pair(TlsFile("LOADCELL_TLS_CERT", cert), TlsFile("LOADCELL_TLS_KEY", key))
    if client_ca is not None:
        check_authorities(TlsFile("LOADCELL_TLS_CLIENT_CA", client_ca))


def complete_client(ca: Path | None, cert: Path | None, key: Path | None) -> None:
    """See that none of the settings of a client is there without the others it needs.

    Raises:
        SettingsError: One is.
    """
    both("LOADCELL_TLS_CLIENT_CERT", cert, "LOADCELL_TLS_CLIENT_KEY", key)
    if ca is None and cert is not None:
        raise SettingsError(
            f"LOADCELL_TLS_CLIENT_CERT={cert}: set LOADCELL_TLS_CA as well, the authority of the controller"
        )


def complete_server(cert: Path | None, key: Path | None, client_ca: Path | None) -> None:
    """See that none of the settings of the controller is there without the others it needs.

    Raises:
        SettingsError: One is.
    """
    both("LOADCELL_TLS_CERT", cert, "LOADCELL_TLS_KEY", key)
    if cert is None and client_ca is not None:
        raise SettingsError(
            f"LOADCELL_TLS_CLIENT_CA={client_ca}: set LOADCELL_TLS_CERT and LOADCELL_TLS_KEY as well"
        )


def check_authorities(file: TlsFile) -> None:
    """See whether a file holds at least one authority that is valid now.

    Raises:
        SettingsError: It does not.
    """
    file.read()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(file.path)
    except ssl.SSLError as error:
        raise SettingsError(f"{file}: it holds no certificate in PEM form") from error
    authorities: list[dict[str, Any]] = context.get_ca_certs()
    if not authorities:
        raise SettingsError(f"{file}: it holds no certificate of an authority")
    expires = max(ssl.cert_time_to_seconds(found["notAfter"]) for found in authorities)
    if expires < datetime.now(UTC).timestamp():
        raise SettingsError(f"{file}: the authority has expired on {_day(expires)}; put a new one there")


def check_pair(certificate: TlsFile, key: TlsFile) -> datetime:
    """See whether a certificate is valid now and belongs to a key; return when it expires.

    Raises:
        SettingsError: It is not, or one of the files cannot be used.
    """
    for file in (certificate, key):
        file.read()
    server, client = (ssl.SSLContext(kind) for kind in (ssl.PROTOCOL_TLS_SERVER, ssl.PROTOCOL_TLS_CLIENT))
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    server.verify_mode = ssl.CERT_REQUIRED
    server.verify_flags |= _PARTIAL_CHAIN
    try:
        for context in (server, client):
            context.load_cert_chain(certificate.path, key.path, password=_no_password)
        server.load_verify_locations(certificate.path)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise SettingsError(f"{key}: the key is not that of {certificate}") from error
        raise SettingsError(f"{certificate} and {key}: not a PEM certificate and its key, unencrypted") from error
    return _validity(certificate, server, client)


def _validity(certificate: TlsFile, server: ssl.SSLContext, client: ssl.SSLContext) -> datetime:
    """Let one side show the certificate to the other, in memory: the library has no other way to look at it."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(down, up)
    judging = server.wrap_bio(up, down, server_side=True)
    try:
        for _ in range(3):
            for step in (asking.do_handshake, judging.do_handshake):
                _advance(step)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code == _EXPIRED:
            raise SettingsError(f"{certificate}: the certificate has expired; put a new one there") from error
        if error.verify_code == _NOT_YET_VALID:
            raise SettingsError(f"{certificate}: the certificate is not valid yet; is the clock right?") from error
        # Whether it may be used for this is for the other side to say.
        return datetime.max.replace(tzinfo=UTC)
    shown: dict[str, Any] = judging.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)


def _advance(step: Callable[[], None]) -> None:
    with contextlib.suppress(ssl.SSLWantReadError):  # the other side's turn
        step()


def _no_password() -> str:
    """Refuse keys with a password: OpenSSL would ask the terminal."""
    return ""


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
