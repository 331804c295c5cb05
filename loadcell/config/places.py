"""Whether files, folders and addresses that settings name can be used, without touching them."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

from loadcell.disk import nearest, room
from loadcell.listening import listen
from loadcell.settings import Address, NotNowError, SettingsError, kind_of

_PATIENCE_SECONDS = 5.0
_LONGEST_PATH = 107  # of a unix socket, in bytes
_LEAST_FREE_BYTES = 512 * 1024  # a database of nothing takes less


def check_writable(name: str, folder: Path, what: str = "") -> None:
    """See whether a folder can be written, or made if it is not there.

    Args:
        name: The setting that says where it is.
        folder: Where it is.
        what: What is to be written there, when that is not what the setting says.

    Raises:
        SettingsError: It cannot.
    """
    subject = what or f"{name}={folder}"
    there = nearest(folder)
    if not there.is_dir():
        raise SettingsError(f"{subject}: {there} is no directory; set {name} to one that can be written")
    if not os.access(there, os.W_OK | os.X_OK):
        raise SettingsError(f"{subject}: {there} cannot be written by this user; set {name} to a place that can")
    left = room(there)
    if left is not None and left.free < _LEAST_FREE_BYTES:
        raise NotNowError(
            f"{subject}: the disk of {there} is full, {left.free:,} bytes are left; free some or set {name} to"
            " another"
        )


def check_different(first: str, one: Address | None, second: str, other: Address | None) -> None:
    """See that two things do not listen on one address.

    Raises:
        SettingsError: They do.
    """
    if one is not None and one == other and (one.port or one.unix_path):
        raise SettingsError(f"{first} and {second} are both {one}; give each an address of its own")


def check_known(name: str, address: Address) -> None:
    """See whether the host of an address is known here.

    Raises:
        SettingsError: It is not.
    """
    for one in (address, *address.others):
        if one.unix_path:
            continue
        try:
            socket.getaddrinfo(one.host, one.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise kind_of(error)(
                f"{name}={address}: the host {one.host} is not known: {error.strerror}"
            ) from error


def check_free(name: str, address: Address) -> None:
    """See whether one can listen on an address, on a TCP one by doing so for a moment.

    Raises:
        SettingsError: It is taken, or not of this machine.
    """
    try:
        if address.unix_path:
            _check_path(Path(address.unix_path))
        else:
            listen(address).close()
    except OSError as error:
        raise kind_of(error)(
            f"{name}={address}: cannot listen: {error.strerror or error}; set {name} to an address of this machine"
            " that is free"
        ) from error


def _check_path(path: Path) -> None:
    """See whether a socket can be made; one that a killed process has left behind is in nobody's way."""
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
            return
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def check_reachable(name: str, address: Address) -> None:
    """Connect to an address, or to one of several.

    Raises:
        SettingsError: Nobody answers.
    """
    problem = None
    for one in (address, *address.others):
        try:
            if one.unix_path:
                with socket.socket(socket.AF_UNIX) as connection:
                    connection.settimeout(_PATIENCE_SECONDS)
                    connection.connect(one.unix_path)
            else:
                socket.create_connection((one.host, one.port), _PATIENCE_SECONDS).close()
        except OSError as error:
            problem = error
        else:
            return
    raise SettingsError(f"{name}={address}: nobody answers: {problem and (problem.strerror or problem)}")
