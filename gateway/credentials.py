"""The caller's own credentials and address, which the gateway passes on."""

from __future__ import annotations

from starlette.requests import Request

from loadcell.channel import CLIENT_ADDRESS_METADATA
from loadcell.errors import LoadcellError

CREDENTIALS = ("x-api-key", "authorization")
_MAX_CHARACTERS = 8192


def credentials(request: Request) -> list[tuple[str, str]]:
    """Return the caller's own credentials, for the gateway lends its key to nobody, and the caller's address.

    Raises:
        LoadcellError: INVALID_API_KEY, a header cannot be a credential.
    """
    # One that is given twice as well: it is for the controller to say which of them counts, or none.
    # Spaces around a value are none of it (RFC 9110, 5.5), and not every parser takes them off.
    found = [(name, value.strip(" \t")) for name in CREDENTIALS for value in request.headers.getlist(name)]
    for name, value in found:
        if len(value) > _MAX_CHARACTERS or not (value.isascii() and value.isprintable()):
            raise LoadcellError("INVALID_API_KEY", f"the header {name} cannot be a credential")
    return [*found, (CLIENT_ADDRESS_METADATA, request.client.host)] if request.client else found
