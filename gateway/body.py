"""Reading request bodies, bounded in size, type and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from starlette.requests import Request

from loadcell.documents import load
from loadcell.errors import LoadcellError
from loadcell.uploading import PIECE_BYTES

MAX_BODY_BYTES = 10 * 1024 * 1024
READ_TIMEOUT_SECONDS = 30.0  # for a body, and for each piece of one that is passed on in pieces


async def read_json(request: Request, most_bytes: int = MAX_BODY_BYTES) -> Any:
    """Return the data of a JSON body, None when there is no body.

    Raises:
        LoadcellError: UNSUPPORTED_MEDIA_TYPE when the body does not say that it is JSON, INVALID_REQUEST when it
            is not, or null, which would be taken for no body; as `read_body`.
    """
    body = await read_body(request, most_bytes)
    if not body:
        return None
    media_type = media_type_of(request)
    # Pages of other sites can send forms and plain text without asking; JSON needs their visitor's consent.
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise LoadcellError(
            "UNSUPPORTED_MEDIA_TYPE", f"the body must be application/json, not {media_type[:64] or 'untyped'}"
        )
    data = load(body)
    if data is None:
        raise LoadcellError("INVALID_REQUEST", "the body must be a JSON object, not null")
    return data


def media_type_of(request: Request) -> str:
    """Return what the body of a request is said to be, without parameters; empty: nothing is said."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_body(request: Request, most_bytes: int = MAX_BODY_BYTES) -> bytes:
    """Return the body of a request, empty when there is none.

    Raises:
        LoadcellError: PAYLOAD_TOO_LARGE above `most_bytes`, REQUEST_TIMEOUT when it does not arrive.
    """
    announced = request.headers.get("content-length")
    if announced is None and "transfer-encoding" not in request.headers:
        return b""  # no message without either has a body (RFC 9112, 6.3)
    check_announced(request, most_bytes)
    try:
        async with asyncio.timeout(READ_TIMEOUT_SECONDS):
            return await _read(request, most_bytes)
    except TimeoutError:
        raise _too_slow() from None


def check_announced(request: Request, most_bytes: int) -> None:
    """Refuse a body that says itself that it is too large.

    Raises:
        LoadcellError: PAYLOAD_TOO_LARGE.
    """
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > most_bytes:
        raise _too_large(most_bytes)


async def body_in_pieces(request: Request, most_bytes: int) -> AsyncGenerator[bytes, None]:
    """Yield the body of a request in pieces of `PIECE_BYTES`, and what came with the last of their bytes.

    Raises:
        LoadcellError: as `read_body`; REQUEST_TIMEOUT when the next piece does not arrive.
    """
    parts, size, ended = request.stream(), 0, False
    while not ended:
        piece = bytearray()
        try:
            async with asyncio.timeout(READ_TIMEOUT_SECONDS):
                while len(piece) < PIECE_BYTES and not ended:
                    part = await anext(parts, b"")
                    piece += part
                    ended = not part
        except TimeoutError:
            raise _too_slow() from None
        size += len(piece)
        if size > most_bytes:
            raise _too_large(most_bytes)
        if piece:
            yield bytes(piece)


async def _read(request: Request, most_bytes: int) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most_bytes:
            raise _too_large(most_bytes)
        parts.append(part)
    return b"".join(parts)


def _too_slow() -> LoadcellError:
    return LoadcellError("REQUEST_TIMEOUT", "the body of the request did not arrive in time")


def _too_large(most_bytes: int) -> LoadcellError:
    most = f"{most_bytes // 2**20} MiB" if most_bytes >= 2**20 else f"{most_bytes // 2**10} KiB"
    return LoadcellError("PAYLOAD_TOO_LARGE", f"the body is larger than {most}")
