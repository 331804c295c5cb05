"""The error catalog: every way a call can be refused, in one table.

    LoadcellError(reason, message)      raised anywhere; `reason` is a row of REASONS
      -> status_details()               the bytes a gRPC server puts into grpc-status-details-bin
      -> from_rpc_error()               the same error back on the client's side

A failed request to a target is not an error of loadcell: it is a sample with an error class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

DOMAIN = "loadcell"
DETAILS_KEY = "grpc-status-details-bin"


@dataclass(frozen=True, slots=True)
class Reason:
    """One row of the catalog.

    `number` is the documented error number (1000-1999; its first two digits are the category), `code` the gRPC
    status and `summary` what the reader of docs/errors.md is told.
    """

    number: int
    code: grpc.StatusCode
    summary: str


_Code = grpc.StatusCode

REASONS: dict[str, Reason] = {
    "MISSING_AUTHORIZATION": Reason(1000, _Code.UNAUTHENTICATED, "The call carries no API key."),
    "INVALID_API_KEY": Reason(1003, _Code.UNAUTHENTICATED, "The API key is unknown, expired or revoked."),
    "FOREIGN_ORIGIN": Reason(
        1102,
        _Code.PERMISSION_DENIED,
        "Without a configured API key only pages and hosts of this machine may call.",
    ),
    "INVALID_REQUEST": Reason(1200, _Code.INVALID_ARGUMENT, "The request cannot be read."),
    "MISSING_REQUIRED_FIELD": Reason(1201, _Code.INVALID_ARGUMENT, "A required field is missing."),
    "INVALID_FIELD_VALUE": Reason(1202, _Code.INVALID_ARGUMENT, "A field has a value outside its range."),
    "INVALID_FIELD_FORMAT": Reason(1203, _Code.INVALID_ARGUMENT, "A field has the wrong type or format."),
    "LIMIT_EXCEEDED": Reason(1205, _Code.INVALID_ARGUMENT, "A page or size limit is exceeded."),
    "UNKNOWN_FIELD": Reason(1206, _Code.INVALID_ARGUMENT, "The request has a field that does not exist."),
    "INVALID_CURSOR": Reason(1207, _Code.INVALID_ARGUMENT, "The cursor is malformed or belongs to another query."),
    "MALFORMED_DATASET": Reason(1208, _Code.INVALID_ARGUMENT, "A line of the dataset cannot be used."),
    "PROTOCOL_VERSION_UNSUPPORTED": Reason(
        1209, _Code.FAILED_PRECONDITION, "Agent and controller speak different protocol versions."
    ),
    "PAYLOAD_TOO_LARGE": Reason(1210, _Code.RESOURCE_EXHAUSTED, "The body or file is larger than allowed."),
    "UNSUPPORTED_MEDIA_TYPE": Reason(1211, _Code.INVALID_ARGUMENT, "A write must carry a JSON body."),
    "METHOD_NOT_ALLOWED": Reason(1212, _Code.UNIMPLEMENTED, "The path does not take this HTTP method."),
    "RESOURCE_NOT_FOUND": Reason(1300, _Code.NOT_FOUND, "There is nothing at this address."),
    "RUN_NOT_FOUND": Reason(1304, _Code.NOT_FOUND, "There is no run with this identifier."),
    "RESULT_NOT_FOUND": Reason(1305, _Code.NOT_FOUND, "The run has no result yet."),
    "AGENT_NOT_FOUND": Reason(1306, _Code.NOT_FOUND, "There is no agent with this identifier."),
    "ASSET_NOT_FOUND": Reason(1307, _Code.NOT_FOUND, "The tokenizer or dataset was not uploaded."),
    "LEASE_NOT_FOUND": Reason(1308, _Code.NOT_FOUND, "There is no lease with this identifier."),
    "RUN_NOT_FINISHED": Reason(1403, _Code.FAILED_PRECONDITION, "The run is still going on."),
    "RUN_FAILED": Reason(1404, _Code.FAILED_PRECONDITION, "The run failed; ask for the partial result."),
    "RUN_DELETED": Reason(1405, _Code.FAILED_PRECONDITION, "The run was deleted."),
    "SESSION_REPLACED": Reason(1406, _Code.ABORTED, "Another agent with the same identifier has connected."),
    "NO_AGENTS_READY": Reason(1407, _Code.FAILED_PRECONDITION, "Too few agents are ready."),
    "ILLEGAL_TRANSITION": Reason(1408, _Code.FAILED_PRECONDITION, "The state does not allow this change."),
    "DATABASE_ERROR": Reason(1600, _Code.UNAVAILABLE, "The database could not carry out the call."),
    "TARGET_UNREACHABLE": Reason(1703, _Code.FAILED_PRECONDITION, "The target could not be connected to."),
    "TARGET_REFUSED": Reason(1704, _Code.FAILED_PRECONDITION, "The target refused the test request."),
    "MODEL_NOT_FOUND": Reason(1705, _Code.FAILED_PRECONDITION, "The target does not serve this model."),
    "MODEL_AMBIGUOUS": Reason(
        1706, _Code.FAILED_PRECONDITION, "The target serves several models; one must be named."
    ),
    "REQUEST_TIMEOUT": Reason(1800, _Code.DEADLINE_EXCEEDED, "The call took too long."),
    "INTERNAL_SERVER_ERROR": Reason(1900, _Code.INTERNAL, "An unexpected error; the log has the cause."),
    "NOT_IMPLEMENTED": Reason(1901, _Code.UNIMPLEMENTED, "The call does not exist in this version."),
    "SERVICE_UNAVAILABLE": Reason(1902, _Code.UNAVAILABLE, "The controller is starting, stopping or away."),
}

CATEGORIES: dict[int, str] = {
    10: "AUTHENTICATION",
    11: "AUTHORIZATION",
    12: "VALIDATION",
    13: "NOT_FOUND",
    14: "CONFLICT",
    15: "RATE_LIMIT",
    16: "DATABASE",
    17: "EXTERNAL",
    18: "TIMEOUT",
    19: "INTERNAL",
}

_REASON_OF_CODE: dict[grpc.StatusCode, str] = {
    _Code.UNAVAILABLE: "SERVICE_UNAVAILABLE",
    _Code.DEADLINE_EXCEEDED: "REQUEST_TIMEOUT",
    _Code.UNAUTHENTICATED: "INVALID_API_KEY",
    _Code.INVALID_ARGUMENT: "INVALID_REQUEST",
    _Code.NOT_FOUND: "RESOURCE_NOT_FOUND",
    _Code.UNIMPLEMENTED: "NOT_IMPLEMENTED",
    _Code.RESOURCE_EXHAUSTED: "PAYLOAD_TOO_LARGE",
}


class LoadcellError(Exception):
    """A call is refused for a reason of the catalog.

    Args:
        reason: a key of `REASONS`.
        message: what happened, with which value, and what to do; shown to the caller.
        field: dotted path of the offending field of the request, if there is one.
        metadata: further values for programs, all text, no secrets.
    """

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        field: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        if reason not in REASONS:
            raise ValueError(f"{reason!r} is not a row of the error catalog")
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.field = field
        self.metadata = dict(metadata or {})

    @property
    def row(self) -> Reason:
        """The row of the catalog."""
        return REASONS[self.reason]

    @property
    def category(self) -> str:
        """Name of the category, for example VALIDATION."""
        return CATEGORIES[self.row.number // 100]


def status_details(error: LoadcellError, request_id: str) -> bytes:
    """Return the serialized google.rpc.Status of an error: ErrorInfo, and BadRequest when a field is named."""
    details = [
        error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata),
        error_details_pb2.RequestInfo(request_id=request_id),
    ]
    if error.field is not None:
        violation = error_details_pb2.BadRequest.FieldViolation(field=error.field, description=error.message)
        details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    status = status_pb2.Status(code=error.row.code.value[0], message=error.message)
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
    if isinstance(packed, bytes):
        decoded = _from_status(status_pb2.Status.FromString(packed))
        if decoded is not None:
            return decoded
    return LoadcellError(_REASON_OF_CODE.get(code, "INTERNAL_SERVER_ERROR"), text)


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
