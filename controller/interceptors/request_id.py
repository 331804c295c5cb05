"""Gives every call an identifier that is on each of its log lines, and logs its beginning and end."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

import grpc
import structlog

from controller.interceptors.around import Call, Context
from loadcell.channel import REQUEST_ID_METADATA

log = structlog.get_logger()

_VALID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
# Called every few seconds by machines; a line for each would bury the others.
_QUIET = ("/grpc.health.v1.Health/", "/loadcell.v1.FleetService/GetLiveMetrics")
_NAMES = {status.value[0]: status.name for status in grpc.StatusCode}


def request_id(method: str, call: Call) -> Call:
    """Keep a valid x-request-id or make one, bind it to the log context and send it back."""
    quiet = method.startswith(_QUIET)

    async def around(request: Any, context: Context) -> Any:
        given = next((v for k, v in context.invocation_metadata() or () if k == REQUEST_ID_METADATA), None)
        identifier = given if isinstance(given, str) and _VALID.fullmatch(given) else str(uuid.uuid4())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=identifier)
        write = log.debug if quiet else log.info
        started = time.perf_counter()
        write("request_started", method=method)
        failed = True
        try:
            await context.send_initial_metadata(((REQUEST_ID_METADATA, identifier),))
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


def status_name(context: Context, *, failed: bool) -> str:
    """Return the name of the status a call ended with; a failure without a status is a cancelled call."""
    code = context.code()
    if isinstance(code, grpc.StatusCode):
        return code.name
    # grpc.aio gives the bare number of a status that was set; 0 stands for "none was set" as well.
    return "CANCELLED" if failed and not code else _NAMES.get(code or 0, "UNKNOWN")
