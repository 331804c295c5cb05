"""One rule about targets, as settings write it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from loadcell.target_guard.addresses import Address, plain_host

Network = IPv4Network | IPv6Network

_LAST_PORT = 65_535
_PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_NAME = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)")
_MAPPED = IPv6Network("::ffff:0:0/96")


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule speaks of: either `network` or `host` is set; `text` is how it was written.

    `host` is a name, "*.name" for everything below a name, or "*" for every host.
    """

    text: str
    network: Network | None
    host: str
    first_port: int = 1
    last_port: int = _LAST_PORT

    def has_port(self, port: int) -> bool:
        """Whether the rule speaks of a port."""
        return self.first_port <= port <= self.last_port

    def names(self, host: str, port: int) -> bool:
        """Whether the rule speaks of a host as it was asked for, in the form of `plain_host`."""
        if not self.has_port(port):
            return False
        if self.host.startswith("*."):
            return host.endswith(self.host[1:])
        return self.host == "*" or (bool(self.host) and self.host == host)

    def covers(self, address: Address, port: int) -> bool:
        """Whether the rule speaks of an address."""
        return self.network is not None and self.has_port(port) and address in self.network

    def is_exactly(self, address: Address, port: int) -> bool:
        """Whether the rule speaks of this address alone."""
        return self.network is not None and self.network.num_addresses == 1 and self.covers(address, port)


Rules = tuple[Rule, ...]


def parse_rules(value: str) -> Rules:
    """Parse rules with commas between them, such as "10.0.0.0/8,*.example.com:8000-8999,[2001:db8::7]:443".

    Raises:
        ValueError: One of them cannot be read; the text names it.
    """
    return tuple(parse_rule(part) for part in (piece.strip() for piece in value.split(",")) if part)


def parse_rule(text: str) -> Rule:
    """Parse an address, a network, a host name, "*.name" or "*", each with ":port" or ":port-port" or without.

    Raises:
        ValueError: It is none of them.
    """
    where, ports = _split(text)
    first, last = _ports(text, ports)
    host = plain_host(where)
    if ":" not in host and "/" not in host and not _ENDS_IN_NUMBER.fullmatch(host):
        if host != "*" and not _NAME.fullmatch(host):
            raise ValueError(
                f"{text!r} is no address, no network and no host name; * stands alone or before a dot"
            )
        return Rule(text, None, host, first, last)
    try:
        network = ip_network(host)
    except ValueError as error:
        raise ValueError(f"{text!r} is no address and no network: {error}") from None
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        network = IPv4Network((int(network.network_address) & 0xFFFF_FFFF, network.prefixlen - 96))
    return Rule(text, network, "", first, last)


def _split(text: str) -> tuple[str, str | None]:
    """Return what stands before the ports, and the ports; IPv6 with ports has brackets."""
    if text.startswith("["):
        inside, closed, after = text[1:].partition("]")
        prefix, colon, ports = after.partition(":")
        if not closed or (prefix and not prefix.startswith("/")):
            raise ValueError(f"{text!r}: after an IPv6 address in brackets comes nothing, /bits or :port")
        return inside + prefix, ports if colon else None
    if text.count(":") > 1:
        return text, None
    where, colon, ports = text.partition(":")
    return where, ports if colon else None


def _ports(text: str, ports: str | None) -> tuple[int, int]:
    if ports is None:
        return 1, _LAST_PORT
    read = _PORTS.fullmatch(ports)
    first, last = (int(read[1]), int(read[2] or read[1])) if read else (0, 0)
    if not 1 <= first <= last <= _LAST_PORT:
        raise ValueError(f"{text!r}: ports are written :8000 or :8000-8999, from 1 to {_LAST_PORT}")
    return first, last
