"""Watching a run to its end, across restarts of the controller."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from loadcell.client.calls import Stream, responses
from loadcell.client.states import has_ended
from loadcell.errors import LoadcellError
from loadcell.v1 import run_pb2

_AWAY = {"SERVICE_UNAVAILABLE", "DATABASE_ERROR"}
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 2.0


async def watch_to_the_end(
    open_stream: Callable[[], Stream[run_pb2.WatchRunResponse]], patience_seconds: float
) -> AsyncGenerator[run_pb2.WatchRunResponse, None]:
    """Yield the updates of a run, opening the stream again whenever it is lost; the last update has ended.

    Args:
        open_stream: Opens the stream; the controller sends the present state first.
        patience_seconds: How long the controller may be away without a single update.

    Raises:
        LoadcellError: The controller refused the call or was away for too long.
    """
    away_since: float | None = None
    pause = _FIRST_PAUSE_SECONDS
    while True:
        lost = LoadcellError("SERVICE_UNAVAILABLE", "the controller ended the stream before the run had ended")
        try:
            async with aclosing(responses(open_stream())) as updates:
                async for update in updates:
                    away_since, pause = None, _FIRST_PAUSE_SECONDS
                    yield update
                    if has_ended(update.run):
                        return
        except LoadcellError as error:
            if error.reason not in _AWAY:
                raise
            lost = error
        now = time.monotonic()
        away_since = away_since or now
        if now - away_since >= patience_seconds:
            raise lost
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
