"""Tells the caller the name of the call and how often it may call: at its end, of streams before anything else.

gRPC takes what comes before the answers once, so this is the innermost: by then everything is known. Who is
refused on the way here reads both at the end as well, so that a caller who sends a stream knows that it was let in
(`loadcell.uploading`).
"""

from __future__ import annotations

from typing import Any

from controller.access.methods import lasts
from controller.interceptors.around import Call, Context, as_cancel
from controller.interceptors.request_id import bound_request_id
from loadcell.channel import REQUEST_ID_METADATA


def heading(method: str, call: Call) -> Call:
    """Send back x-request-id beside what other arounds tell. Streams may last for long, and so say it first."""
    streams = lasts(method)

    async def around(request: Any, context: Context) -> Any:
        told = ((REQUEST_ID_METADATA, bound_request_id()), *(context.trailing_metadata() or ()))
        if streams:
            with as_cancel():
                await context.send_initial_metadata(told)
        else:
            # Sending it first would be a message of its own: a third of what all arounds together take.
            context.set_trailing_metadata(told)
        return await call(request, context)

    return around
