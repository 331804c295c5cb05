"""The numbers behind several "host:port", for gRPC, which looks up a single name only."""

from __future__ import annotations

import socket
import threading

import grpc

from loadcell.settings import SettingsError


class Lookup:
    """Looks names up at the start, and again while none of them answers.

    Args:
        addresses: "host:port,host:port", tried in their order.

    Attributes:
        target: gRPC's name of what was found.

    Raises:
        SettingsError: A name is not known at the start.
    """

    def __init__(self, addresses: str) -> None:
        self._addresses = addresses
        self.target = self._found = several(addresses)
        self._looking: threading.Thread | None = None

    def renew(self, state: grpc.ChannelConnectivity) -> bool:
        """Begin to look again unless connected; return whether the target is another one since this was asked."""
        if state is grpc.ChannelConnectivity.READY:
            return False
        if self._looking is None or not self._looking.is_alive():
            # A thread that no process waits for at its end: a name server may be silent for long.
            self._looking = threading.Thread(target=self._look, name="lookup", daemon=True)
            self._looking.start()
        before, self.target = self.target, self._found
        return self.target != before

    def _look(self) -> None:
        try:
            self._found = several(self._addresses)
        except SettingsError:
            return  # what was known before is tried on


def several(addresses: str) -> str:
    """Return gRPC's name of several "host:port": a list of numbers of one family.

    Where one of them is IPv6 all are, those of IPv4 in the form that is mapped to it (RFC 4291, 2.5.5.2).

    Raises:
        SettingsError: A name is not known.
    """
    found: list[tuple[str, int]] = []
    for one in addresses.split(","):
        host, _, port = one.rpartition(":")
        try:
            places = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise SettingsError(f"the controller address {one} cannot be looked up: {error.strerror}") from error
        # In one order, IPv4 first: name servers answer in any, and another order is no other target.
        found += sorted(
            {(str(place[0]), int(place[1])) for *_, place in places}, key=lambda at: (":" in at[0], at)
        )
    places_in_order = list(dict.fromkeys(found))
    if not any(":" in host for host, _ in places_in_order):
        return "ipv4:" + ",".join(f"{host}:{port}" for host, port in places_in_order)
    return "ipv6:" + ",".join(f"[{_as_ipv6(host)}]:{port}" for host, port in places_in_order)


def _as_ipv6(host: str) -> str:
    return host if ":" in host else f"::ffff:{host}"
