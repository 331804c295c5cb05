"""Which pages may call: browsers let every page send requests and open WebSockets to every host, unasked."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers

from loadcell.errors import LoadcellError

ANY: Final = "*"


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
