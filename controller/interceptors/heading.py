"""Tells the caller, before any answer, the name of the call and how often it may call.

gRPC takes what comes before the answers once, so this is the innermost: by then everything is known. Who is
refused on the way here reads both at the end instead.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pool

from controller.interceptors.around import Call, Context, as_cancel
from controller.interceptors.request_id import bound_request_id
from loadcell.channel import REQUEST_ID_METADATA


def heading(method: str, call: Call) -> Call:
    """Send back x-request-id, and with streams, which may last for long, what comes at the end of other calls."""
    lasts = _streams(method)

    async def around(request: Any, context: Context) -> Any:
        more = (context.trailing_metadata() or ()) if lasts else ()
        with as_cancel():
            await context.send_initial_metadata(((REQUEST_ID_METADATA, bound_request_id()), *more))
        return await call(request, context)

    return around


def _streams(method: str) -> bool:
    try:
        found = descriptor_pool.Default().FindMethodByName(method.removeprefix("/").replace("/", "."))
    except KeyError:
        return False
    return bool(found.server_streaming)
