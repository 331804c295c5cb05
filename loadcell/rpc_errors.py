"""Errors of the catalog on their way through gRPC.

A server ends a call with `status_code` and `status_details`; `from_rpc_error` gives a client the same error back.
"""

from __future__ import annotations

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from loadcell.channel import REQUEST_ID_METADATA, RETRY_AFTER_METADATA
from loadcell.errors import REASONS, LoadcellError
from loadcell.tls_errors import explain

DOMAIN = "loadcell"
DETAILS_KEY = "grpc-status-details-bin"

_Code = grpc.StatusCode

_REASON_OF_CODE: dict[grpc.StatusCode, str] = {
    _Code.UNAVAILABLE: "SERVICE_UNAVAILABLE",
    _Code.DEADLINE_EXCEEDED: "REQUEST_TIMEOUT",
    _Code.UNAUTHENTICATED: "INVALID_API_KEY",
    _Code.INVALID_ARGUMENT: "INVALID_REQUEST",
    _Code.NOT_FOUND: "RESOURCE_NOT_FOUND",
    _Code.UNIMPLEMENTED: "NOT_IMPLEMENTED",
    _Code.RESOURCE_EXHAUSTED: "PAYLOAD_TOO_LARGE",
}


def status_code(error: LoadcellError) -> grpc.StatusCode:
    """Return the status that ends the call."""
    return grpc.StatusCode[error.row.code.name]


def status_details(error: LoadcellError, request_id: str) -> bytes:
    """Return the serialized google.rpc.Status of an error: ErrorInfo, and BadRequest when a field is named."""
    details = [
        error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata),
        error_details_pb2.RequestInfo(request_id=request_id),
    ]
    if error.field is not None:
        violation = error_details_pb2.BadRequest.FieldViolation(field=error.field, description=error.message)
        details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    status = status_pb2.Status(code=error.row.code, message=error.message)
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    serialized: bytes = status.SerializeToString()
    return serialized


def from_rpc_error(error: grpc.RpcError) -> LoadcellError:
    """Return the catalog error behind a failed call; foreign failures get the reason nearest to their code."""
    code, text, metadata = _code(error), _text(error), _trailers(error)
    packed = metadata.get(DETAILS_KEY)
    decoded = _from_status(status_pb2.Status.FromString(packed)) if isinstance(packed, bytes) else None
    found = decoded or LoadcellError(_REASON_OF_CODE.get(code, "INTERNAL_SERVER_ERROR"), explain(text))
    found.request_id = str(metadata.get(REQUEST_ID_METADATA, ""))
    seconds = str(metadata.get(RETRY_AFTER_METADATA, ""))
    found.retry_after = int(seconds) if seconds.isascii() and seconds.isdecimal() else None
    return found


def _from_status(status: status_pb2.Status) -> LoadcellError | None:
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        if not detail.Unpack(info):
            detail.Unpack(bad)
    if info.reason not in REASONS:
        return None
    field = bad.field_violations[0].field if bad.field_violations else None
    return LoadcellError(info.reason, status.message, field=field, metadata=info.metadata)


def _code(error: grpc.RpcError) -> grpc.StatusCode:
    code = getattr(error, "code", None)
    found = code() if callable(code) else None
    return found if isinstance(found, grpc.StatusCode) else grpc.StatusCode.UNKNOWN


def _text(error: grpc.RpcError) -> str:
    details = getattr(error, "details", None)
    found = details() if callable(details) else None
    return found if isinstance(found, str) and found else str(error)


def _trailers(error: grpc.RpcError) -> dict[str, str | bytes]:
    trailing = getattr(error, "trailing_metadata", None)
    found = trailing() if callable(trailing) else None
    return {key: value for key, value in (found or ())}  # noqa: C416 - grpc.aio yields its own pair type
