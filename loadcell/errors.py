"""The error catalog: every way a call can be refused, in one table.

`LoadcellError(reason, message)` is raised anywhere; `reason` is a row of REASONS. `loadcell.rpc_errors` carries it
over gRPC, which this module does not import: the processes that make load do without.

A failed request to a target is not an error of loadcell: it is a sample with an error class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum


class Code(IntEnum):
    """The status codes of gRPC that the catalog uses, by their names and numbers (google/rpc/code.proto)."""

    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    UNAUTHENTICATED = 16


@dataclass(frozen=True, slots=True)
class Reason:
    """One row of the catalog.

    `number` is the documented error number (1000-1999; its first two digits are the category), `code` the gRPC
    status and `summary` what the reader of docs/errors.md is told.
    """

    number: int
    code: Code
    summary: str


REASONS: dict[str, Reason] = {
    "MISSING_AUTHORIZATION": Reason(1000, Code.UNAUTHENTICATED, "The call carries no credential."),
    "INVALID_TOKEN": Reason(1001, Code.UNAUTHENTICATED, "The token is malformed, revoked or of somebody else."),
    "EXPIRED_TOKEN": Reason(1002, Code.UNAUTHENTICATED, "The token has expired."),
    "INVALID_API_KEY": Reason(1003, Code.UNAUTHENTICATED, "The API key is unknown, expired or revoked."),
    "INVALID_AGENT_TOKEN": Reason(1004, Code.UNAUTHENTICATED, "The agent token is unknown."),
    "AGENT_TOKEN_EXPIRED": Reason(1005, Code.UNAUTHENTICATED, "The agent token has expired."),
    "AGENT_TOKEN_REVOKED": Reason(1006, Code.UNAUTHENTICATED, "The agent token was revoked."),
    "AGENT_TOKEN_REQUIRED": Reason(
        1007, Code.UNAUTHENTICATED, "Agents need a token of their own; an API key is not enough."
    ),
    "INSUFFICIENT_PERMISSIONS": Reason(
        1100, Code.PERMISSION_DENIED, "What the caller may do does not include this call."
    ),
    "PROJECT_ACCESS_DENIED": Reason(
        1101, Code.PERMISSION_DENIED, "The project is not one of those the caller may see."
    ),
    "FOREIGN_ORIGIN": Reason(
        1102,
        Code.PERMISSION_DENIED,
        "Without a configured API key only pages and hosts of this machine may call.",
    ),
    "AGENT_TOKEN_BOUND": Reason(1103, Code.PERMISSION_DENIED, "The agent token belongs to another agent."),
    "AGENT_TOKEN_SCOPE": Reason(
        1104, Code.PERMISSION_DENIED, "An agent token admits to the calls of agents and to nothing else."
    ),
    "TARGET_DENIED": Reason(1105, Code.PERMISSION_DENIED, "No load may be aimed at this target."),
    "INVALID_REQUEST": Reason(1200, Code.INVALID_ARGUMENT, "The request cannot be read."),
    "MISSING_REQUIRED_FIELD": Reason(1201, Code.INVALID_ARGUMENT, "A required field is missing."),
    "INVALID_FIELD_VALUE": Reason(1202, Code.INVALID_ARGUMENT, "A field has a value outside its range."),
    "INVALID_FIELD_FORMAT": Reason(1203, Code.INVALID_ARGUMENT, "A field has the wrong type or format."),
    "INVALID_DATE_RANGE": Reason(1204, Code.INVALID_ARGUMENT, "The end of a time range is not after its start."),
    "LIMIT_EXCEEDED": Reason(1205, Code.INVALID_ARGUMENT, "A page or size limit is exceeded."),
    "UNKNOWN_FIELD": Reason(1206, Code.INVALID_ARGUMENT, "The request has a field that does not exist."),
    "INVALID_CURSOR": Reason(1207, Code.INVALID_ARGUMENT, "The cursor is malformed or belongs to another query."),
    "MALFORMED_DATASET": Reason(1208, Code.INVALID_ARGUMENT, "A line of the dataset cannot be used."),
    "PROTOCOL_VERSION_UNSUPPORTED": Reason(
        1209, Code.FAILED_PRECONDITION, "Agent and controller speak different protocol versions."
    ),
    "PAYLOAD_TOO_LARGE": Reason(1210, Code.RESOURCE_EXHAUSTED, "The body or file is larger than allowed."),
    "UNSUPPORTED_MEDIA_TYPE": Reason(1211, Code.INVALID_ARGUMENT, "A write must carry a JSON body."),
    "METHOD_NOT_ALLOWED": Reason(1212, Code.UNIMPLEMENTED, "The path does not take this HTTP method."),
    "RANGE_NOT_SATISFIABLE": Reason(1213, Code.INVALID_ARGUMENT, "The file ends before the bytes asked for."),
    "NOT_ACCEPTABLE": Reason(1214, Code.INVALID_ARGUMENT, "The answer is JSON, which the caller does not accept."),
    "URL_TOO_LONG": Reason(1215, Code.INVALID_ARGUMENT, "The path or the query is longer than any that is used."),
    "HEADERS_TOO_LARGE": Reason(1216, Code.INVALID_ARGUMENT, "The headers are larger, or more, than allowed."),
    "RESOURCE_NOT_FOUND": Reason(1300, Code.NOT_FOUND, "There is nothing at this address."),
    "TRACE_NOT_FOUND": Reason(1301, Code.NOT_FOUND, "There is no trace with this identifier, or it is of others."),
    "JOB_NOT_FOUND": Reason(1302, Code.NOT_FOUND, "There is no export job with this identifier."),
    "EXPORT_NOT_FOUND": Reason(1303, Code.NOT_FOUND, "The file of the export job is gone."),
    "RUN_NOT_FOUND": Reason(1304, Code.NOT_FOUND, "There is no run with this identifier."),
    "RESULT_NOT_FOUND": Reason(1305, Code.NOT_FOUND, "The run has no result yet."),
    "AGENT_NOT_FOUND": Reason(1306, Code.NOT_FOUND, "There is no agent with this identifier."),
    "ASSET_NOT_FOUND": Reason(1307, Code.NOT_FOUND, "The file was not uploaded, or only for projects of others."),
    "AGENT_TOKEN_NOT_FOUND": Reason(1308, Code.NOT_FOUND, "There is no agent token with this identifier."),
    "API_KEY_NOT_FOUND": Reason(1309, Code.NOT_FOUND, "There is no API key with this identifier."),
    "RECOMMENDATION_NOT_FOUND": Reason(1310, Code.NOT_FOUND, "There is no recommendation with this identifier."),
    "RUN_NOT_FINISHED": Reason(1403, Code.FAILED_PRECONDITION, "The run is still going on."),
    "RUN_FAILED": Reason(1404, Code.FAILED_PRECONDITION, "The run failed; ask for the partial result."),
    "RECOMMENDATION_FAILED": Reason(1416, Code.FAILED_PRECONDITION, "The run failed that was to recommend."),
    "RUN_DELETED": Reason(1405, Code.FAILED_PRECONDITION, "The run was deleted."),
    "SESSION_REPLACED": Reason(1406, Code.ABORTED, "Another agent with the same identifier has connected."),
    "EXPORT_NOT_READY": Reason(
        1410, Code.FAILED_PRECONDITION, "The export job has no file, or can no longer be cancelled."
    ),
    "NO_AGENTS_READY": Reason(1407, Code.FAILED_PRECONDITION, "Too few agents are ready."),
    "ILLEGAL_TRANSITION": Reason(1408, Code.FAILED_PRECONDITION, "The state does not allow this change."),
    "CAPACITY_EXCEEDED": Reason(
        1409, Code.FAILED_PRECONDITION, "The plan is beyond what the agents were calibrated for."
    ),
    "REQUESTS_NOT_KEPT": Reason(
        1411, Code.FAILED_PRECONDITION, "Not all requests were kept that the question needs one by one."
    ),
    "API_KEY_ENDED": Reason(1414, Code.FAILED_PRECONDITION, "The API key was revoked or has expired."),
    "TOKENS_OFF": Reason(1412, Code.FAILED_PRECONDITION, "No key to sign tokens with is configured."),
    "TOKEN_FROM_TOKEN": Reason(1413, Code.FAILED_PRECONDITION, "Tokens are issued for API keys only."),
    "LOAD_NOT_ACKNOWLEDGED": Reason(
        1415, Code.FAILED_PRECONDITION, "So much load must be asked for with acknowledge_load."
    ),
    "ANALYSIS_OFF": Reason(1417, Code.FAILED_PRECONDITION, "No model is set to make analyses."),
    "RATE_LIMIT_EXCEEDED": Reason(1500, Code.RESOURCE_EXHAUSTED, "The caller calls more often than it may."),
    "QUOTA_EXCEEDED": Reason(1501, Code.RESOURCE_EXHAUSTED, "The runs of the project would take too much."),
    "TOO_MANY_REQUESTS": Reason(
        1502,
        Code.RESOURCE_EXHAUSTED,
        "Too many of these calls are open at once, or too many credentials were wrong.",
    ),
    "DATABASE_ERROR": Reason(1600, Code.UNAVAILABLE, "The database could not carry out the call."),
    "TARGET_UNREACHABLE": Reason(1703, Code.FAILED_PRECONDITION, "The target could not be connected to."),
    "TARGET_REFUSED": Reason(1704, Code.FAILED_PRECONDITION, "The target refused the test request."),
    "MODEL_NOT_FOUND": Reason(1705, Code.FAILED_PRECONDITION, "The target does not serve this model."),
    "MODEL_AMBIGUOUS": Reason(
        1706, Code.FAILED_PRECONDITION, "The target serves several models; one must be named."
    ),
    "ANALYSIS_FAILED": Reason(1707, Code.FAILED_PRECONDITION, "The model that is to make analyses made none."),
    "REQUEST_TIMEOUT": Reason(1800, Code.DEADLINE_EXCEEDED, "The call took too long."),
    "INTERNAL_SERVER_ERROR": Reason(1900, Code.INTERNAL, "An unexpected error; the log has the cause."),
    "NOT_IMPLEMENTED": Reason(1901, Code.UNIMPLEMENTED, "The call does not exist in this version."),
    "SERVICE_UNAVAILABLE": Reason(1902, Code.UNAVAILABLE, "The controller is starting, stopping or away."),
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


class LoadcellError(Exception):
    """A call is refused for a reason of the catalog.

    Args:
        reason: a key of `REASONS`.
        message: what happened, with which value, and what to do; shown to the caller.
        field: dotted path of the offending field of the request, if there is one.
        metadata: further values for programs, all text, no secrets.

    Attributes:
        request_id: x-request-id of the call, as its server has told a client; empty: it has not.
        retry_after: after how many seconds the call may come again, likewise; None: it has not.
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
        self.request_id = ""
        self.retry_after: int | None = None

    @property
    def row(self) -> Reason:
        """The row of the catalog."""
        return REASONS[self.reason]

    @property
    def category(self) -> str:
        """Name of the category, for example VALIDATION."""
        return CATEGORIES[self.row.number // 100]
