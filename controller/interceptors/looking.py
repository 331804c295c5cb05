"""Looks at credentials: at those that nobody knows a few at a time, as long as not too many were wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from controller.interceptors.address import counted_as
from controller.interceptors.around import Context
from controller.limits.strangers import Strangers
from controller.limits.waiting import waiting
from loadcell.errors import LoadcellError

WRONG: Final = "AUTHENTICATION"
AT_ONCE: Final = 16  # so many more than an address may get wrong are looked at when they come together

T = TypeVar("T")


class Looks:
    """Lets `strangers` hear what every look has found."""

    def __init__(self, strangers: Strangers) -> None:
        self._strangers = strangers
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def at(self, credential: str, look: Callable[[], Awaitable[T]], context: Context) -> T:
        """Return what the look at a credential finds.

        Raises:
            LoadcellError: TOO_MANY_REQUESTS; whatever `look` raises.
        """
        if self._strangers.knows(credential):
            return await self._look(credential, look, context)
        async with self._turns:
            # Since the call was let in, looks at others may have found too much that was wrong.
            seconds = self._strangers.wait(counted_as(context))
            if not seconds:
                return await self._look(credential, look, context)
        await asyncio.sleep(self._strangers.unheard())
        context.set_trailing_metadata(waiting(seconds))
        raise too_many()

    async def _look(self, credential: str, look: Callable[[], Awaitable[T]], context: Context) -> T:
        try:
            found = await look()
        except LoadcellError as error:
            if error.category == WRONG:
                self._strangers.failed(counted_as(context), credential)
            raise
        self._strangers.right(credential)
        return found


def too_many() -> LoadcellError:
    """Return what is told to callers whose address has shown too much that was wrong."""
    return LoadcellError("TOO_MANY_REQUESTS", "too many credentials from this address were wrong; wait a while")
