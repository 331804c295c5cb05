"""Whether files, folders and addresses that settings name can be used, without touching them."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from loadcell.disk import nearest, room
from loadcell.settings import Address, NotNowError, SettingsError, kind_of

_PATIENCE_SECONDS = 5.0
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
    """Listen on an address for a moment.

    Raises:
        SettingsError: It is taken, or not of this machine.
    """
    if address.unix_path:
        raise SettingsError(f"{name}={address}: must be host:port")
    try:
        family, kind, _, _, where = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            # As servers do: connections that have ended are not in the way, listeners are.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            probe.listen(1)
    except OSError as error:
        raise kind_of(error)(
            f"{name}={address}: cannot listen: {error.strerror or error}; set {name} to an address of this machine"
            " that is free"
        ) from error


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
