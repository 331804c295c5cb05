"""Refuses, before anything else is done, who has shown too many wrong credentials."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from controller.access.methods import REFRESH
from controller.interceptors.access import credentials
from controller.interceptors.address import address_of
from controller.interceptors.around import Around, Call, Context
from controller.interceptors.errors import abort
from controller.limits.strangers import Strangers
from controller.limits.waiting import waiting
from loadcell.errors import LoadcellError

HELD_SECONDS: Final = 1.0  # before a refusal is told: who waits for it tries the next one no sooner
_HELD: Final = 1_000  # at once; more are refused right away, for each takes memory


def turn_away(strangers: Strangers) -> Around:
    """Return what lets credentials through that were right before, and others as long as not too many were wrong.

    It is the outermost, without a log line: what costs a caller nothing must not cost the controller much.
    """
    held = asyncio.Semaphore(_HELD)

    def of_method(method: str, call: Call) -> Call:
        async def around(request: Any, context: Context) -> Any:
            if strangers.there_are and (seconds := strangers.wait(address_of(context))) > 0:
                try:
                    shown, _ = credentials(context.invocation_metadata() or ())
                except LoadcellError:
                    shown = None  # it is refused inside, without a look at any of them
                if method == REFRESH or (shown is not None and not strangers.knows(shown)):
                    strangers.unheard()
                    if not held.locked():
                        async with held:
                            await asyncio.sleep(HELD_SECONDS)
                    context.set_trailing_metadata(waiting(seconds))
                    await abort(
                        context,
                        LoadcellError(
                            "TOO_MANY_REQUESTS", "too many credentials from this address were wrong; wait a while"
                        ),
                    )
            return await call(request, context)

        return around

    return of_method
