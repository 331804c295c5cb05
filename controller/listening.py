"""Where the controller listens for gRPC."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import grpc

from loadcell.exit_codes import PassingError, passes
from loadcell.settings import Address
from loadcell.tls import ServerTls

_LONGEST_PATH = 107  # of a unix socket, in bytes


class StartError(Exception):
    """The controller cannot start; the text is one line for the user."""


class StartLaterError(StartError, PassingError):
    """It cannot start now: an address is taken, say."""


def cannot_listen(error: OSError) -> type[StartError]:
    """Return what an error of the system is, for one that is to listen."""
    return StartLaterError if passes(error) else StartError


def bind(server: grpc.aio.Server, address: Address, tls: ServerTls | None) -> Address:
    """Let a server listen; return where, with the port that was chosen when 0 was asked for.

    Raises:
        StartError: The address is taken or not of this machine.
        SettingsError: A file of TLS cannot be used.
    """
    try_address("LOADCELL_GRPC", address)
    try:
        # A unix socket is this machine's own and does without.
        if tls is None or address.unix_path:
            port = server.add_insecure_port(str(address))
        else:
            port = server.add_secure_port(str(address), tls.credentials())
    except RuntimeError as error:
        # It could be had a moment ago.
        raise StartLaterError(f"LOADCELL_GRPC={address}: the address is taken or cannot be used") from error
    return address if address.unix_path else Address(address.host, port)


def try_address(name: str, address: Address) -> None:
    """Bind an address, whose setting is `name`, for a moment: gRPC does not say why it cannot.

    Raises:
        StartError: It is taken or not of this machine.
    """
    try:
        if address.unix_path:
            _try_path(Path(address.unix_path))
            return
        family, kind, _, _, target = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(target)
    except OSError as error:
        raise cannot_listen(error)(
            f"{name}={address}: {error.strerror or error}; set {name} to an address of this machine that is free"
        ) from error


def _try_path(path: Path) -> None:
    """Remove the socket a killed controller has left behind; one that answers, or is no socket, is somebody's."""
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise OSError(errno.ENAMETOOLONG, f"is longer than {_LONGEST_PATH} bytes")
    if not path.exists():
        if not path.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, f"{path.parent} is no directory")
        if not os.access(path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, f"{path.parent} cannot be written by this user")
        return
    if not path.is_socket():
        raise OSError(errno.ENOTSOCK, "is another file")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
