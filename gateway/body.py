"""Reading request bodies, bounded in size, type and time."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request

from loadcell.documents import load
from loadcell.errors import LoadcellError

MAX_BODY_BYTES = 10 * 1024 * 1024
READ_TIMEOUT_SECONDS = 30.0


async def read_json(request: Request) -> Any:
    """Return the data of a JSON body, None when there is no body.

    Raises:
        LoadcellError: PAYLOAD_TOO_LARGE above 10 MiB, UNSUPPORTED_MEDIA_TYPE when the body does not say that it is
            JSON, INVALID_REQUEST when it is not, REQUEST_TIMEOUT when it does not arrive.
    """
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > MAX_BODY_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(READ_TIMEOUT_SECONDS):
            body = await _read(request)
    except TimeoutError:
        raise LoadcellError("REQUEST_TIMEOUT", "the body of the request did not arrive in time") from None
    if not body:
        return None
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # Pages of other sites can send forms and plain text without asking; JSON needs their visitor's consent.
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise LoadcellError(
            "UNSUPPORTED_MEDIA_TYPE", f"the body must be application/json, not {media_type[:64] or 'untyped'}"
        )
    return load(body)


async def _read(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise _too_large()
        parts.append(part)
    return b"".join(parts)


def _too_large() -> LoadcellError:
    return LoadcellError("PAYLOAD_TOO_LARGE", f"the body is larger than {MAX_BODY_BYTES // 2**20} MiB")
