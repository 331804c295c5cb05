"""One stream of batches: read ahead while earlier batches are being committed, answer in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Callable

from controller.ingest.committer import Ack, Committer
from loadcell.errors import LoadcellError
from loadcell.v1 import agent_pb2

READ_AHEAD = 32  # batches


async def acknowledge(
    requests: AsyncIterable[agent_pb2.StreamSamplesRequest], committer: Committer, hear: Callable[[str], None]
) -> AsyncIterator[Ack]:
    """Yield an answer for each batch, when it is committed or refused.

    Args:
        requests: Batches, all of one agent.
        committer: What commits them.
        hear: Is told of the agent with every batch, which is a sign of its life.

    Raises:
        LoadcellError: INVALID_REQUEST, the batches name several agents; DATABASE_ERROR, ...
    """
    answers: asyncio.Queue[asyncio.Future[Ack] | None] = asyncio.Queue(READ_AHEAD)

    async def read() -> None:
        agent_id = None
        try:
            async for request in requests:
                agent_id = request.agent_id if agent_id is None else agent_id
                if request.agent_id != agent_id:
                    raise LoadcellError("INVALID_REQUEST", "a stream of batches must be of one agent")
                hear(agent_id)
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
