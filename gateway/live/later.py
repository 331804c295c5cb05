"""What is done after a connection has ended and nobody waits for."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine
from typing import Any

import structlog

from loadcell.errors import LoadcellError

_log = structlog.get_logger()


class Later:
    """Tasks with no one to hear how they end."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin with some work."""
        task = asyncio.get_running_loop().create_task(_do(work), context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _do(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except LoadcellError as error:
        _log.debug("left_undone", reason=error.reason, error=error.message)
