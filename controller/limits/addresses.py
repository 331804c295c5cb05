"""Where a call comes from, as far as it can be believed. Pure."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from urllib.parse import unquote

_NETWORK = 64  # bits of an IPv6 address; who has one has them all


def caller_address(peer: str, forwarded: str | None) -> str:
    """Return the address of who makes a call, IPv6 as its network of 64 bits.

    Args:
        peer: As gRPC tells it: "ipv4:10.0.0.7:5123", "ipv6:[::1]:5123" or "unix:...".
        forwarded: The address a gateway has served; believed of one on this machine only.
    """
    kind, _, rest = peer.partition(":")
    if kind not in ("ipv4", "ipv6"):
        return _network(forwarded or "") or "this machine"
    host = _network(unquote(rest).rpartition(":")[0].strip("[]"))
    return (is_local(host) and _network(forwarded or "")) or host


def is_local(host: str) -> bool:
    """Whether an address is of this machine."""
    return host.startswith("127.") or host == "::/64"


@lru_cache(maxsize=4_096)
def _network(host: str) -> str:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, _NETWORK), strict=False))
    return str(address)
