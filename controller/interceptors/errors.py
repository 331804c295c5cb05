"""Turns what handlers raise into gRPC statuses; what is not of the catalog is told in general words only."""

from __future__ import annotations

from typing import Any, NoReturn

import grpc
import structlog

from controller.interceptors.around import Call, Context
from controller.interceptors.request_id import bound_request_id
from loadcell.channel import REQUEST_ID_METADATA
from loadcell.errors import LoadcellError
from loadcell.rpc_errors import DETAILS_KEY, status_code, status_details

log = structlog.get_logger()


def errors(method: str, call: Call) -> Call:
    """Abort a call that fails with its status, text and details."""

    async def around(request: Any, context: Context) -> Any:
        try:
            return await call(request, context)
        except LoadcellError as error:
            if error.reason == "DATABASE_ERROR":
                log.exception("database_error", method=method)
            await abort(context, error)
        except (grpc.aio.AbortError, grpc.aio.UsageError):
            raise
        except Exception as error:
            # The cause is for the log only: it may hold what the caller must not see.
            log.exception("request_failed", method=method, error_type=type(error).__name__)
            await abort(context, LoadcellError("INTERNAL_SERVER_ERROR", "an unexpected error; see the log"), error)

    return around


async def abort(context: Context, error: LoadcellError, cause: Exception | None = None) -> NoReturn:
    """End a call with an error of the catalog; trailers that are set go with it."""
    identifier = bound_request_id()
    trailers = (*(context.trailing_metadata() or ()), (DETAILS_KEY, status_details(error, identifier)))
    if identifier and all(key != REQUEST_ID_METADATA for key, _ in trailers):
        trailers = ((REQUEST_ID_METADATA, identifier), *trailers)
    try:
        await context.abort(status_code(error), error.message, trailers)
    except grpc.aio.AbortError as aborted:
        raise aborted from cause
    raise AssertionError("abort returned")
