"""The addresses that a text or an address stands for, in all their spellings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_COMPATIBLE = IPv6Network("::/96")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")  # RFC 2765
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")  # RFC 8215
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # RFC 5214
_LOW = 0xFFFF_FFFF


def plain_host(host: str) -> str:
    """Return a host in lower case, without brackets and without the dots a name may end with."""
    return host.removeprefix("[").removesuffix("]").rstrip(".").lower()


def literal(host: str) -> Address | None:
    """Return the address that a host is written as, None for a name.

    Resolvers take IPv4 addresses in one to four parts, each decimal, octal (0...) or hexadecimal (0x...), the last
    one filling what is left: 169.254.169.254 is 2852039166, 0xa9fea9fe, 0251.0376.0251.0376 and 169.254.43518.
    """
    text = plain_host(host)
    if ":" in text:
        try:
            return unwrapped(IPv6Address(text.partition("%")[0]))
        except AddressValueError:
            return None
    parts = text.split(".")
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    try:
        *high, last = (_number(part) for part in parts)
    except ValueError:  # an 8 or 9 in an octal number
        return None
    if any(part > 0xFF for part in high) or last >= 1 << 8 * (4 - len(high)):
        return None
    return IPv4Address(sum(part << 8 * (3 - at) for at, part in enumerate(high)) + last)


def _number(text: str) -> int:
    if text[:2] in ("0x", "0X"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") else 10)


def unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv4-mapped one is for the kernel, else the address without its zone."""
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or IPv6Address(int(address))


def reached(address: Address) -> Iterator[Address]:
    """Yield an address and every IPv4 address that a gateway may send its packets on to.

    That is what is embedded in addresses of NAT64, 6to4, Teredo, ISATAP and the older translations.
    """
    yield address
    if isinstance(address, IPv4Address):
        return
    number = int(address)
    if number >> 24 == 0:
        return  # ::1 and its like have nothing in them
    # Of the layouts that a local NAT64 prefix may have (RFC 6052, 2.2) those with 48 and 96 bits.
    if address in _COMPATIBLE or address in _TRANSLATED or address in _NAT64 or address in _NAT64_LOCAL:
        yield IPv4Address(number & _LOW)
    if address in _NAT64_LOCAL:
        yield IPv4Address((number >> 64 & 0xFFFF) << 16 | (number >> 40 & 0xFFFF))
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if number >> 32 & _LOW in _ISATAP:
        yield IPv4Address(number & _LOW)
