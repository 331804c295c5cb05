"""Sockets that listen."""

from __future__ import annotations

import socket

from loadcell.settings import Address


def listen(address: Address, backlog: int = 1) -> socket.socket:
    """Return a socket that listens on a TCP address, as servers do.

    Raises:
        OSError: It is taken, not of this machine, or not known.
    """
    family, kind, protocol, _, where = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
    found = socket.socket(family, kind, protocol)
    try:
        # Connections that have ended are not in the way, listeners are.
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(where)
        found.listen(backlog)
    except OSError:
        found.close()
        raise
    return found
