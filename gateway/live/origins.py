"""Which pages may open a WebSocket: browsers let every page do so to every host, and ask nobody."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers

from gateway.middleware.origin import ANY
from loadcell.errors import LoadcellError


def check_origin(headers: Headers, origins: Collection[str]) -> None:
    """Let pages of this host and of the named origins in, and clients that are no pages.

    Raises:
        LoadcellError: FOREIGN_ORIGIN.
    """
    host, origin = headers.get("host", ""), headers.get("origin")
    if origin is None or ANY in origins or origin in origins or origin in (f"http://{host}", f"https://{host}"):
        return
    raise LoadcellError(
        "FOREIGN_ORIGIN", f"pages of {origin[:128]!r} may not call; name the origin in CORS_ORIGINS"
    )
