"""The way to the target: its addresses and its TLS settings, found once and used by every connection."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any, NamedTuple

from agent.engine.tls import client_context
from agent.samples.outcome import ErrorClass, Failure
from agent.targets.endpoint import Endpoint
from loadcell.target_guard.guard import Denial, TargetGuard, refused_everywhere


class Address(NamedTuple):
    """A socket address with its family."""

    family: int
    sockaddr: Any


class Route:
    """`addresses` is empty until `resolve` has succeeded; the one that answered last comes first.

    `dns_ns` is what the successful resolution took, -1 before it. `guard` judges every address that is
    connected to: between that and the connect nothing is looked up, so no name can come to mean something else.
    """

    __slots__ = ("_denials", "_guard", "_resolving", "addresses", "dns_ns", "endpoint", "tls_context")

    def __init__(self, endpoint: Endpoint, guard: TargetGuard) -> None:
        self.endpoint = endpoint
        self._guard = guard
        self._denials: dict[Address, Denial | None] = {}
        self.tls_context: ssl.SSLContext | None = client_context(endpoint) if endpoint.tls else None
        self.addresses: list[Address] = []
        self.dns_ns = -1
        self._resolving = asyncio.Lock()

    async def resolve(self) -> Failure | None:
        """Look the host up, unless that is done already; return why it did not work, None when it did."""
        async with self._resolving:
            if self.addresses:
                return None
            loop = asyncio.get_running_loop()
            began = loop.time()
            try:
                found = await loop.getaddrinfo(self.endpoint.host, self.endpoint.port, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                return Failure(ErrorClass.DNS, f"cannot resolve {self.endpoint.host}: {reason}")
            self.dns_ns = round((loop.time() - began) * 1e9)
            # Literals and hosts files give the same address once per protocol or entry.
            self.addresses = list(dict.fromkeys(Address(family, sockaddr) for family, *_, sockaddr in found))
            return None

    def admitted(self) -> list[Address] | Failure:
        """Return the addresses that may be connected to now, in their order, or why there are none."""
        admitted = [address for address in self.addresses if self._denies(address) is None]
        denial = None if admitted else refused_everywhere([self._denies(address) for address in self.addresses])
        return admitted if denial is None else Failure(ErrorClass.DENIED, denial.message)

    def prefer(self, address: Address) -> None:
        """Try this address first from now on."""
        if self.addresses[0] != address:
            self.addresses.remove(address)
            self.addresses.insert(0, address)

    def _denies(self, address: Address) -> Denial | None:
        """Judge an address, once: neither it nor the rules change."""
        if address not in self._denials:
            host, port = self.endpoint.host, self.endpoint.port
            self._denials[address] = self._guard.denies_address(host, str(address.sockaddr[0]), port)
        return self._denials[address]
