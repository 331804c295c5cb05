"""Gives every call an identifier that is on each of its log lines, and logs its beginning and end."""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import Any

import grpc
import structlog

from controller.interceptors.address import address_of
from controller.interceptors.around import Call, Context
from loadcell.channel import REQUEST_ID_METADATA
from loadcell.request_ids import kept_or_new

log = structlog.get_logger()

# Called every few seconds by machines; a line for each would bury the others.
_QUIET = ("/grpc.health.v1.Health/", "/loadcell.v1.FleetService/GetLiveMetrics")
_BOUND: ContextVar[str] = ContextVar("request_id", default="")
_NAMES = {status.value[0]: status.name for status in grpc.StatusCode}


def request_id(method: str, call: Call) -> Call:
    """Keep a valid x-request-id or make one, and bind it to the log context."""
    quiet = method.startswith(_QUIET)

    async def around(request: Any, context: Context) -> Any:
        shown = dict(context.invocation_metadata() or ())
        identifier = kept_or_new(shown.get(REQUEST_ID_METADATA))
        _BOUND.set(identifier)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=identifier)
        write = log.debug if quiet else log.info
        started = time.perf_counter()
        write("request_started", method=method, client_ip=address_of(context, shown))
        failed = True
        try:
            answer = await call(request, context)
            failed = False
            return answer
        finally:
            write(
                "request_completed",
                method=method,
                status_code=status_name(context, failed=failed),
                duration_ms=round((time.perf_counter() - started) * 1e3, 3),
            )

    return around


def bound_request_id() -> str:
    """Return the identifier of the call that is being served; empty outside of one."""
    return _BOUND.get()


def status_name(context: Context, *, failed: bool) -> str:
    """Return the name of the status a call ended with; a failure without a status is a cancelled call."""
    code = context.code()
    if isinstance(code, grpc.StatusCode):
        return code.name
    # grpc.aio gives the bare number of a status that was set; 0 stands for "none was set" as well.
    return "CANCELLED" if failed and not code else _NAMES.get(code or 0, "UNKNOWN")
