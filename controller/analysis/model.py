"""Asks the model of an OpenAI-compatible server."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import structlog

from controller.analysis.chunks import ChunkError, Chunks
from controller.analysis.settings import ModelServer
from controller.analysis.thoughts import Piece, Thoughts
from loadcell.errors import LoadcellError

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS: Final = 10.0
MAX_BYTES: Final = 64 << 20  # of a whole answer, thoughts included
MAX_CHARACTERS: Final = 500_000  # of the text in it
_TEMPERATURE: Final = 0.3
_OK: Final = 200
log = structlog.get_logger()


async def ask(server: ModelServer, messages: list[dict[str, str]]) -> AsyncGenerator[Piece, None]:
    """Yield what the model says, piece by piece.

    Raises:
        LoadcellError: ANALYSIS_FAILED; the text has nothing of what the server said, which may be about others.
    """
    import httpx  # noqa: PLC0415 - takes time to import, and few controllers have such a server

    patience = httpx.Timeout(server.seconds, connect=CONNECT_SECONDS)
    try:
        async with (
            asyncio.timeout(server.seconds),
            # Proxy settings of the machine would send the numbers somewhere else than it was set.
            httpx.AsyncClient(verify=ssl.create_default_context(), timeout=patience, trust_env=False) as client,
            client.stream(
                "POST", server.endpoint, json=_body(server, messages), headers=_headers(server)
            ) as response,
            aclosing(_pieces(response, expected=server.thinking)) as pieces,
        ):
            async for piece in pieces:
                yield piece
    except TimeoutError:
        raise _failed(f"it took longer than {server.seconds:g} s") from None
    except httpx.HTTPError as error:
        raise _failed("it cannot be reached, or broke off", type(error).__name__) from None
    except ChunkError as error:
        raise _failed(str(error)) from None


async def _pieces(response: httpx.Response, *, expected: bool) -> AsyncGenerator[Piece, None]:
    if response.status_code != _OK:
        raise ChunkError(f"it answered with status {response.status_code}")
    chunks, thoughts, count, characters, said = Chunks(), Thoughts(expected=expected), 0, 0, False
    for piece in thoughts.begin():
        yield piece
    async for data in response.aiter_bytes():
        count += len(data)
        if count > MAX_BYTES:
            raise ChunkError(f"its answer is longer than {MAX_BYTES:,} bytes")
        for delta in chunks.feed(data):
            characters += len(delta.content)
            if characters > MAX_CHARACTERS:
                raise ChunkError(f"its analysis is longer than {MAX_CHARACTERS:,} characters")
            for piece in thoughts.thought() if delta.thought else thoughts.said(delta.content):
                said = said or _is_said(piece)
                yield piece
    if not chunks.complete:
        raise ChunkError("it broke off")
    for piece in thoughts.end():
        said = said or _is_said(piece)
        yield piece
    if not said:
        raise ChunkError("it said nothing")


def _is_said(piece: Piece) -> bool:
    return isinstance(piece, str) and not piece.isspace()


def _body(server: ModelServer, messages: list[dict[str, str]]) -> dict[str, object]:
    return {
        "model": server.model,
        "messages": messages,
        "stream": True,
        "max_tokens": server.tokens,
        "temperature": _TEMPERATURE,
    }


def _headers(server: ModelServer) -> dict[str, str]:
    return {"Authorization": f"Bearer {server.api_key.reveal()}"} if server.api_key else {}


def _failed(why: str, error: str = "") -> LoadcellError:
    log.warning("analysis_server_failed", why=why, error=error)
    return LoadcellError("ANALYSIS_FAILED", f"the analysis server gave no analysis: {why}")
