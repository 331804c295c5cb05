"""Tells the caller, before any answer, the name of the call and how often it may call.

gRPC takes what comes before the answers once, so this is the innermost: by then everything is known. Who is
refused on the way here reads both at the end instead.
"""

from __future__ import annotations

from typing import Any

from controller.interceptors.around import Call, Context, as_cancel
from controller.interceptors.request_id import bound_request_id
from loadcell.channel import REQUEST_ID_METADATA


def heading(_method: str, call: Call) -> Call:
    """Send back x-request-id, and what was to come at the end only: a stream may last for long."""

    async def around(request: Any, context: Context) -> Any:
        with as_cancel():
            await context.send_initial_metadata(
                ((REQUEST_ID_METADATA, bound_request_id()), *(context.trailing_metadata() or ()))
            )
        return await call(request, context)

    return around
