"""The caller's own credentials and address, which the gateway passes on."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from loadcell.channel import CLIENT_ADDRESS_METADATA
from loadcell.errors import LoadcellError

CREDENTIALS = ("x-api-key", "authorization")
_MAX_CHARACTERS = 8192


def credentials(request: HTTPConnection) -> list[tuple[str, str]]:
    """Return the caller's own credentials, for the gateway lends its key to nobody, and the caller's address.

    Raises:
        LoadcellError: INVALID_API_KEY, a header cannot be a credential.
    """
    # One that is given twice as well: it is for the controller to say which of them counts, or none.
    # Spaces around a value are none of it (RFC 9110, 5.5), and not every parser takes them off.
    found = [(name, value.strip(" \t")) for name in CREDENTIALS for value in request.headers.getlist(name)]
    for name, value in found:
        check_credential(f"the header {name}", value)
    return [*found, (CLIENT_ADDRESS_METADATA, request.client.host)] if request.client else found


def check_credential(place: str, value: str) -> None:
    """Refuse what cannot be a credential, wherever it was found.

    Raises:
        LoadcellError: INVALID_API_KEY.
    """
    if len(value) > _MAX_CHARACTERS or not (value.isascii() and value.isprintable()):
        raise LoadcellError("INVALID_API_KEY", f"{place} cannot be a credential")
