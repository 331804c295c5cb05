"""Lets calls in at the rate of their caller, and tells the caller how it stands."""

from __future__ import annotations

import time
from typing import Any

from controller.access.methods import is_open
from controller.access.principal import AGENT, COMPANION, OPEN, PUBLIC, Principal, current_principal
from controller.interceptors.access import AGENT_SERVICE
from controller.interceptors.address import counted_as
from controller.interceptors.around import Around, Call, Context
from controller.limits.limiter import Limiter
from controller.limits.rates import GRAPHQL, kind_of
from controller.limits.waiting import told
from loadcell.channel import GRAPHQL_QUERY
from loadcell.errors import LoadcellError

_UNLIMITED = frozenset({OPEN, COMPANION, AGENT})


def limits(limiter: Limiter) -> Around:
    """Return what goes around the calls of everybody but agents, companions and the only user of a machine."""

    def of_method(method: str, call: Call) -> Call:
        kind = kind_of(method)

        async def around(request: Any, context: Context) -> Any:
            principal = current_principal()
            if principal.method in _UNLIMITED:
                return await call(request, context)
            kinds = (kind, _marked(context))
            verdict = await limiter.take(_name(principal, context), principal.role, *kinds)
            context.set_trailing_metadata(told(verdict, time.time()))
            if not verdict.admitted:
                raise LoadcellError(
                    "RATE_LIMIT_EXCEEDED",
                    f"more than {verdict.limit:,.0f} {' and '.join(filter(None, kinds)) or 'calls'} per minute;"
                    f" the next is let in after {verdict.retry_seconds:.3g} s",
                )
            return await call(request, context)

        return call if method.startswith(AGENT_SERVICE) or is_open(method) else around

    return of_method


def _marked(context: Context) -> str:
    """Return the kind that a gateway gives to a query of a document; a caller who says so has less, not more."""
    return GRAPHQL if GRAPHQL_QUERY in (context.invocation_metadata() or ()) else ""


def _name(principal: Principal, context: Context) -> str:
    """Return whose calls are counted together."""
    return f"{PUBLIC}:{counted_as(context)}" if principal.method == PUBLIC else principal.account
