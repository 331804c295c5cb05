"""Errors as GraphQL shows them: each with its row of the catalog."""

from __future__ import annotations

from typing import Any

import structlog
from graphql import GraphQLError

from loadcell.errors import REASONS, LoadcellError

_INTERNAL = "INTERNAL_SERVER_ERROR"
_MOST_CHARACTERS = 500  # of a message, which may repeat what was sent
_log = structlog.get_logger()


def of_catalog(error: GraphQLError | LoadcellError) -> LoadcellError:
    """Return an error as one of the catalog; what went wrong inside is logged and not told."""
    if isinstance(error, LoadcellError):
        return error
    cause = error.original_error
    if isinstance(cause, LoadcellError):
        return cause
    if cause is None or (error.path is None and error.nodes):
        # A document that is not of this schema, or a variable that is not of its type.
        return LoadcellError("INVALID_REQUEST", error.message[:_MOST_CHARACTERS])
    _log.error("graphql_field_failed", field=".".join(map(str, error.path or ())), exc_info=cause)
    return LoadcellError(_INTERNAL, REASONS[_INTERNAL].summary)


def error_entry(error: GraphQLError | LoadcellError, found: LoadcellError, request_id: str) -> dict[str, Any]:
    """Return an entry of `errors`: `found` is the error as one of the catalog."""
    extensions: dict[str, Any] = {
        "code": found.row.number,
        "error_code": found.reason,
        "category": found.category,
        "request_id": request_id,
        "documentation_url": f"/docs#{found.reason}",
    }
    if found.field is not None:
        extensions["field"] = found.field
    if found.metadata:
        extensions["details"] = found.metadata
    entry: dict[str, Any] = {"message": found.message, "extensions": extensions}
    if isinstance(error, GraphQLError):
        if error.locations:
            entry["locations"] = [{"line": one.line, "column": one.column} for one in error.locations]
        if error.path:
            entry["path"] = error.path
    return entry
