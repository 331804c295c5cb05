"""Sending a file to the controller, nothing of it before the call has been let in.

While a caller writes, gRPC may tell of a write that failed ("Internal error from Core") instead of the refusal
that the other side has sent. Who waits to be let in has written nothing by then, and reads the refusal.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

import grpc

from loadcell.channel import REQUEST_ID_METADATA
from loadcell.errors import LoadcellError
from loadcell.rpc_errors import DETAILS_KEY
from loadcell.v1 import run_pb2

PIECE_BYTES: Final = 512 * 1024


async def upload(
    call: Any,
    first: run_pb2.UploadAssetRequest,
    pieces: AsyncGenerator[bytes, None],
    *,
    patience_seconds: float,
    answer_seconds: float,
) -> run_pb2.UploadAssetResponse:
    """Send a file over a call of UploadAsset and return the answer; the call is over afterwards.

    Args:
        call: Begun without an iterator of requests.
        first: What the file is.
        pieces: The file, at most 1 MiB at a time; not asked for before the call is let in.
        patience_seconds: For being let in, and for each piece to be taken.
        answer_seconds: For the answer, once all of the file has been sent.

    Raises:
        grpc.aio.AioRpcError: The call was refused.
        LoadcellError: REQUEST_TIMEOUT, the controller did not go on; SERVICE_UNAVAILABLE, the call ended in the
            middle of the file and nobody knows why.
    """
    try:
        async with asyncio.timeout(patience_seconds):
            told = await call.initial_metadata()
        # Of a refusal all metadata is trailing.
        if told is not None and REQUEST_ID_METADATA in told:
            await _write(call, first, pieces, patience_seconds)
        async with asyncio.timeout(answer_seconds):
            answer: run_pb2.UploadAssetResponse = await call
    except TimeoutError:
        raise LoadcellError("REQUEST_TIMEOUT", "the controller did not take the file in time") from None
    except grpc.aio.AioRpcError as error:
        # What the controller says itself always comes with its reason.
        if error.code() is grpc.StatusCode.INTERNAL and DETAILS_KEY not in error.trailing_metadata():
            raise LoadcellError("SERVICE_UNAVAILABLE", "the upload was cut off; try again") from error
        raise
    finally:
        if not call.cancel():
            await call.done_writing()  # of a call that has ended, too: gRPC would wait for ever for what to write
    return answer


async def _write(
    call: Any,
    first: run_pb2.UploadAssetRequest,
    pieces: AsyncGenerator[bytes, None],
    patience_seconds: float,
) -> None:
    try:
        await call.write(first)
        async with aclosing(pieces):
            async for piece in pieces:
                async with asyncio.timeout(patience_seconds):
                    await call.write(run_pb2.UploadAssetRequest(data=piece))
        async with asyncio.timeout(patience_seconds):
            await call.done_writing()  # behind the last piece
    except asyncio.InvalidStateError:
        return  # the call has ended, and will say why
