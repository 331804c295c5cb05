"""Refuses, before anything else is done, who has shown too many wrong credentials."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from controller.access.methods import CARRY_CREDENTIALS
from controller.interceptors.access import credentials
from controller.interceptors.address import counted_as
from controller.interceptors.around import Around, Call, Context
from controller.interceptors.looking import too_many
from controller.limits.strangers import Strangers
from controller.limits.waiting import waiting
from loadcell.errors import LoadcellError
from loadcell.rpc_errors import DETAILS_KEY, status_code, status_details

_REFUSAL: Final = too_many()
# Made once: what costs a caller nothing must not cost the controller much.
_CODE: Final = status_code(_REFUSAL)
_DETAILS: Final = (DETAILS_KEY, status_details(_REFUSAL, ""))


def turn_away(strangers: Strangers) -> Around:
    """Return what lets credentials through that were right before, and others as long as not too many were wrong.

    It is the outermost, without a log line, and answers slowly: who waits for the answer guesses no faster, and
    all answers together take a small part of the controller's time however many are waited for.
    """

    def of_method(method: str, call: Call) -> Call:
        async def around(request: Any, context: Context) -> Any:
            if strangers.there_are and (seconds := strangers.wait(counted_as(context))) > 0:
                try:
                    shown = [one for one in credentials(context.invocation_metadata() or ()) if one is not None]
                except LoadcellError:
                    shown = []  # it is refused inside, without a look at any of them
                if method in CARRY_CREDENTIALS or not all(map(strangers.knows, shown)):
                    await asyncio.sleep(strangers.unheard())
                    await context.abort(_CODE, _REFUSAL.message, (*waiting(seconds), _DETAILS))
            return await call(request, context)

        return around

    return of_method
