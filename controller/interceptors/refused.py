"""Notes the calls of agents that are refused."""

from __future__ import annotations

from typing import Any

from controller.interceptors.access import AGENT_SERVICE
from controller.interceptors.address import address_of
from controller.interceptors.around import Around, Call, Context
from controller.refusals import Refusals
from loadcell.errors import LoadcellError

# Not the agent's fault: the database, time, the controller itself.
_OURS = frozenset({"DATABASE", "TIMEOUT", "INTERNAL"})


def refused(refusals: Refusals) -> Around:
    """Return what goes around the calls of agents, and of nobody else."""

    def of_method(method: str, call: Call) -> Call:
        async def around(request: Any, context: Context) -> Any:
            try:
                return await call(request, context)
            except LoadcellError as error:
                if error.category not in _OURS:
                    refusals.note(error.reason, method=method, client_ip=address_of(context), error=error.message)
                raise

        return around if method.startswith(AGENT_SERVICE) else call

    return of_method
