"""Where a call comes from, as far as it can be believed. Pure."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from urllib.parse import unquote

THIS_MACHINE = "this machine"
_NETWORK = 64  # bits of an IPv6 address; who has one has them all


@lru_cache(maxsize=4_096)
def caller_address(peer: str, forwarded: str | None) -> str:
    """Return the address of who makes a call; THIS_MACHINE for a unix socket.

    Args:
        peer: As gRPC tells it: "ipv4:10.0.0.7:5123", "ipv6:[::1]:5123" or "unix:...".
        forwarded: The address a gateway has served; believed of one on this machine only.
    """
    kind, _, rest = peer.partition(":")
    if kind not in ("ipv4", "ipv6"):
        return _written(forwarded or "") or THIS_MACHINE
    host = _written(unquote(rest).rpartition(":")[0].strip("[]"))
    return (is_local(host) and _written(forwarded or "")) or host


def is_local(host: str) -> bool:
    """Whether an address is of this machine."""
    return host.startswith("127.") or host == "::1"


@lru_cache(maxsize=4_096)
def counted_together(address: str) -> str:
    """Return what is counted as one with an address: of IPv6 its network of 64 bits."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network((address, _NETWORK), strict=False))


def _written(host: str) -> str:
    """Return an address in its one way of writing; empty when it is none."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
