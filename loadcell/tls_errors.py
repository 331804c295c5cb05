"""What a failed connection means for whoever set up TLS: gRPC tells it in the words of its library."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from urllib.parse import unquote

# What the text holds, and what to do; the first that fits counts.
_MEANINGS = {
    "certificate has expired": (
        "the controller's certificate, or the authority that signed it, has expired: renew the files"
        " LOADCELL_TLS_CERT and LOADCELL_TLS_KEY of the controller"
    ),
    "certificate is not yet valid": (
        "the controller's certificate is not valid yet: compare the clocks of both machines"
    ),
    "CERTIFICATE_VERIFY_FAILED": (
        "the controller's certificate is not signed by an authority in LOADCELL_TLS_CA: put the authority that"
        " signed the controller's LOADCELL_TLS_CERT there"
    ),
    "Hostname Verification Check failed": (
        "the controller's certificate is for other names than the one that was dialled: dial a name of the"
        " certificate, or have one made for this name"
    ),
    "WRONG_VERSION_NUMBER": (
        "the controller does not speak TLS at this address: unset LOADCELL_TLS_CA, or give the controller"
        " LOADCELL_TLS_CERT and LOADCELL_TLS_KEY"
    ),
}
# A server that speaks TLS closes the connection without a word, whatever displeases it.
_CLOSED = ("Socket closed", "Connection reset by peer")
_CLOSED_MEANS = (
    "the controller closed the connection at once. If it speaks TLS, LOADCELL_TLS_CA must be set here; if it asks"
    " for client certificates, LOADCELL_TLS_CLIENT_CERT must be signed by its LOADCELL_TLS_CLIENT_CA and must not"
    " have expired"
)


# Where gRPC had dialled: "ipv4:127.0.0.1:50051", "ipv6:%5B::1%5D:50051".
_PLACE = re.compile(r"ipv[46]:(?P<host>\S+):(?P<port>\d+)")
_LOOK_SECONDS = 2.0


def explain(text: str) -> str:
    """Return what gRPC says of a failed call, after what it means and what to do where TLS is the cause."""
    found = meaning(text)
    return f"{found} ({text})" if found else text


async def explain_outage(text: str) -> str:
    """Return the same where a controller was there before, and may be gone for any reason.

    A connection that was closed at once is taken for a matter of TLS only where TLS is seen to be spoken.
    """
    found = meaning(text)
    return text if found == _CLOSED_MEANS and not await _speaks_tls(text) else explain(text)


def meaning(text: str) -> str:
    """Return what the text of a failed call means and what to do, empty where TLS is not the cause."""
    if "failed to connect" not in text:
        return ""
    found = next((meaning for sign, meaning in _MEANINGS.items() if sign in text), "")
    return found or (_CLOSED_MEANS if any(sign in text for sign in _CLOSED) else "")


async def _speaks_tls(text: str) -> bool:
    """Whether what listens where gRPC had dialled answers a TLS handshake; nothing is sent but that."""
    place = _PLACE.search(text)
    if place is None:
        return False
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    host = unquote(place["host"]).strip("[]")
    try:
        async with asyncio.timeout(_LOOK_SECONDS):
            _, writer = await asyncio.open_connection(host, int(place["port"]), ssl=context)
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")  # a refusal in the words of TLS
    except OSError:
        return False
    writer.transport.abort()  # there is nothing to say goodbye for
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
