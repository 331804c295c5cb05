"""What a failed connection means for whoever set up TLS: gRPC tells it in the words of its library."""

from __future__ import annotations

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


def explain(text: str) -> str:
    """Return what gRPC says of a failed call, after what it means and what to do where TLS is the cause."""
    found = meaning(text)
    return f"{found} ({text})" if found else text


def meaning(text: str) -> str:
    """Return what the text of a failed call means and what to do, empty where TLS is not the cause."""
    if "failed to connect" not in text:
        return ""
    found = next((meaning for sign, meaning in _MEANINGS.items() if sign in text), "")
    return found or (_CLOSED_MEANS if any(sign in text for sign in _CLOSED) else "")
