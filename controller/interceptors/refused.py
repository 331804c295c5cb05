"""Notes the calls of agents that are refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from controller.interceptors.access import AGENT_SERVICE
from controller.interceptors.around import Around, Context
from controller.refusals import Refusals
from loadcell.errors import LoadcellError

# Not the agent's fault: the database, time, the controller itself.
_OURS = frozenset({"DATABASE", "TIMEOUT", "INTERNAL"})


def refused(refusals: Refusals) -> Around:
    """Return the interceptor."""

    @asynccontextmanager
    async def around(method: str, context: Context) -> AsyncIterator[None]:
        try:
            yield
        except LoadcellError as error:
            if method.startswith(AGENT_SERVICE) and error.category not in _OURS:
                refusals.note(error.reason, method=method, peer=context.peer(), error=error.message)
            raise

    return around
