"""Where the controller listens for gRPC."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import grpc

from loadcell.settings import Address
from loadcell.tls import ServerTls


class StartError(Exception):
    """The controller cannot start; the text is one line for the user."""


def bind(server: grpc.aio.Server, address: Address, tls: ServerTls | None) -> Address:
    """Let a server listen; return where, with the port that was chosen when 0 was asked for.

    Raises:
        StartError: The address is taken or not of this machine.
        SettingsError: A file of TLS cannot be used.
    """
    _try_address(address)
    try:
        # A unix socket is this machine's own and does without.
        if tls is None or address.unix_path:
            port = server.add_insecure_port(str(address))
        else:
            port = server.add_secure_port(str(address), tls.credentials())
    except RuntimeError as error:
        raise StartError(f"LOADCELL_GRPC={address}: the address is taken or cannot be used") from error
    return address if address.unix_path else Address(address.host, port)


def _try_address(address: Address) -> None:
    """Bind the address for a moment: gRPC tells neither why it failed nor that in one line."""
    try:
        if address.unix_path:
            _remove_stale_socket(address.unix_path)
            return
        family, kind, _, _, target = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(target)
    except OSError as error:
        raise StartError(f"LOADCELL_GRPC={address}: {error.strerror or error}") from error


def _remove_stale_socket(path: str) -> None:
    """Remove the socket file a killed controller has left behind; one that answers is somebody's."""
    if not Path(path).is_socket():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            Path(path).unlink()
            return
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
