"""One stream of batches: read ahead while earlier batches are being committed, answer in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterable, AsyncIterator

from controller.ingest.committer import Ack, Committer
from loadcell.v1 import agent_pb2

READ_AHEAD = 32  # batches


async def acknowledge(
    requests: AsyncIterable[agent_pb2.StreamSamplesRequest], committer: Committer
) -> AsyncIterator[Ack]:
    """Yield an answer for each batch, when it is committed or refused."""
    answers: asyncio.Queue[asyncio.Future[Ack] | None] = asyncio.Queue(READ_AHEAD)

    async def read() -> None:
        try:
            async for request in requests:
                await answers.put(await committer.accept(request))
        finally:
            await answers.put(None)

    reader = asyncio.create_task(read())
    try:
        while (answer := await answers.get()) is not None:
            # Shielded: another stream may wait for the same batch.
            yield await asyncio.shield(answer)
        await reader
    finally:
        reader.cancel()
        while not answers.empty():
            answers.get_nowait()
        with contextlib.suppress(asyncio.CancelledError):
            await reader
