"""What the parser lets through in the head of a request and must not be served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadcell.errors import LoadcellError

MAX_HEADERS = 100
MAX_HEAD_BYTES = 64 * 1024
_VERSIONS = frozenset({"1.0", "1.1"})


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a head is refused, and the status line that says so."""

    status: str
    error: LoadcellError


def fault_of(version: str, headers: Sequence[tuple[bytes, bytes]]) -> Fault | None:
    """Return what is wrong with a head whose names are in lower case; None: nothing.

    Whatever two programs on the way may read in two ways is refused, for one of them guards the other: two hosts,
    and bodies whose end is not told by either one length or chunks (RFC 9112, 3.2 and 6.1).
    """
    if version not in _VERSIONS:
        error = LoadcellError("INVALID_REQUEST", "speak HTTP/1.1 or HTTP/1.0")
        return Fault("505 HTTP Version Not Supported", error)
    if len(headers) > MAX_HEADERS or sum(len(name) + len(value) for name, value in headers) > MAX_HEAD_BYTES:
        return too_large()
    hosts = sum(name == b"host" for name, _ in headers)
    if hosts > 1 or (not hosts and version == "1.1"):
        return unreadable("a request has one Host header")
    codings = [value.lower() for name, value in headers if name == b"transfer-encoding"]
    if codings and version == "1.0":
        return unreadable("HTTP/1.0 has no Transfer-Encoding")
    if codings and codings != [b"chunked"]:
        error = LoadcellError("NOT_IMPLEMENTED", "the only Transfer-Encoding taken is chunked")
        return Fault("501 Not Implemented", error)
    return None


def too_large() -> Fault:
    """Return the fault of a head that is too large."""
    error = LoadcellError(
        "HEADERS_TOO_LARGE",
        f"the head is larger than {MAX_HEAD_BYTES // 1024} KiB or has over {MAX_HEADERS} headers",
    )
    return Fault("431 Request Header Fields Too Large", error)


def unreadable(message: str) -> Fault:
    """Return the fault of a request that cannot be read."""
    return Fault("400 Bad Request", LoadcellError("INVALID_REQUEST", message))
