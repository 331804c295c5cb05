"""Connections to where a process of this machine listens."""

from __future__ import annotations

import dataclasses
import ipaddress
import socket
import ssl
from pathlib import Path

from loadcell.readiness.verdict import NotReadyError
from loadcell.settings import Address, SettingsError

PATIENCE_SECONDS = 5.0  # for each step


def connect(name: str, address: Address, tls: ssl.SSLContext | None) -> socket.socket:
    """Connect to who listens on an address, whose setting is `name`.

    Raises:
        NotReadyError: Nobody does, or it speaks no TLS where it should.
    """
    if not address.unix_path and not address.port:
        raise NotReadyError(f"{name}={address}: port 0 is another one at every start; set one to ask it")
    here = reachable(address)
    try:
        if here.unix_path:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(PATIENCE_SECONDS)
            connection.connect(here.unix_path)
        else:
            connection = socket.create_connection((here.host, here.port), PATIENCE_SECONDS)
        return connection if tls is None else tls.wrap_socket(connection)
    except OSError as error:
        raise NotReadyError(f"nobody answers on {name}={address}: {why(error)}") from error


def reachable(address: Address) -> Address:
    """Return where to dial what listens on an address: one that stands for all of a machine is no place."""
    try:
        listening = ipaddress.ip_address(address.host)
    except ValueError:
        return address
    if not listening.is_unspecified:
        return address
    return dataclasses.replace(address, host="127.0.0.1" if listening.version == 4 else "::1")


def tls_to_own(
    cert: Path | None, key: Path | None, client_ca: Path | None, client_cert: Path | None, client_key: Path | None
) -> ssl.SSLContext | None:
    """Return what to speak TLS with to a process of this machine that serves with these files; None: it has none.

    One that wants certificates is shown that of clients or, where there is none, its own.

    Raises:
        SettingsError: They cannot be used.
    """
    if cert is None:
        return None
    if client_ca is None:
        return unverified()
    return unverified(cert, key) if client_cert is None else unverified(client_cert, client_key)


def unverified(cert: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """Return what to speak TLS with to a process of this machine, whatever names its certificate is for.

    Nothing is told to it that others may not know, and where it listens nobody else can.

    Args:
        cert: What to show to one that asks for a certificate.
        key: Its key.

    Raises:
        SettingsError: They cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if cert is not None:
        try:
            context.load_cert_chain(cert, key, password=lambda: "")
        except OSError as error:
            raise SettingsError(
                f"the certificate {cert} with the key {key} cannot be used: {why(error)}"
            ) from error
    return context


def why(error: OSError) -> str:
    """Return the reason of an error of the system in its own words."""
    return error.strerror or str(error)
