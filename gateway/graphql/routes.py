"""/graphql over HTTP, as the GraphQL-over-HTTP specification has it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.body import read_json
from gateway.credentials import credentials
from gateway.errors import http_status, retry_after
from gateway.graphql.asking import Asking
from gateway.graphql.audience import Audience
from gateway.graphql.errors import error_entry, of_catalog
from gateway.graphql.executor import Executor, Outcome, Question
from gateway.graphql.operations import RESPONSE_TYPE
from gateway.graphql.playground import playground_routes
from gateway.graphql.schema import make_schema
from gateway.graphql.settings import GraphqlSettings
from gateway.negotiation import is_accepted
from gateway.upstream import Upstream
from loadcell.documents import load
from loadcell.errors import LoadcellError

MAX_BODY_BYTES: Final = 128 * 1024
_JSON: Final = "application/json"
_KNOWN: Final = frozenset({"query", "variables", "operationName", "extensions"})
_OF_THE_CALL: Final = frozenset({401, 403, 429, 500, 503, 504})
_VARY: Final = "Accept, Authorization, X-API-Key"


def graphql_routes(
    upstream: Upstream, found: GraphqlSettings, if_shut: Callable[[], Awaitable[None]] | None
) -> list[Route]:
    """Return the routes of GraphQL.

    Args:
        upstream: the controller.
        found: the settings.
        if_shut: raises OpenDoorError where the controller lets everybody in; None: others can reach the gateway.
    """
    if not found.graphql:
        return []
    audience = Audience(if_shut)
    schema = LoadcellError("INSUFFICIENT_PERMISSIONS", "the schema is not told (LOADCELL_GRAPHQL_INTROSPECTION)")
    page = LoadcellError("RESOURCE_NOT_FOUND", "the playground is off (LOADCELL_GRAPHQL_PLAYGROUND)")
    executor = Executor(make_schema(), found, audience.check_of(found.graphql_introspection, schema))
    return [
        Route("/graphql", _endpoint(executor, upstream), methods=["GET", "POST"]),
        *playground_routes(audience.check_of(found.graphql_playground, page)),
    ]


def _endpoint(executor: Executor, upstream: Upstream) -> Callable[[Request], Awaitable[Response]]:
    async def graphql(request: Request) -> Response:
        media_type = _media_type(", ".join(request.headers.getlist("accept")))
        if request.method == "POST":
            question = _of_body(await read_json(request, MAX_BODY_BYTES))
        else:
            question = _of_url(request.query_params.multi_items())
        outcome = await executor.carry_out(question, Asking(upstream, credentials(request)))
        return _response(outcome, media_type, request.scope["request_id"])

    return graphql


def _media_type(accepted: str) -> str:
    if RESPONSE_TYPE in accepted.lower() and is_accepted(RESPONSE_TYPE, accepted):
        return RESPONSE_TYPE
    if not is_accepted(_JSON, accepted):
        raise LoadcellError("NOT_ACCEPTABLE", f"the answer is {_JSON} or {RESPONSE_TYPE}; accept one of them")
    return _JSON


def _of_body(body: Any) -> Question:
    if isinstance(body, list):
        raise LoadcellError("INVALID_REQUEST", "documents are taken one at a time, not as a list")
    if not isinstance(body, dict):
        raise LoadcellError("INVALID_REQUEST", 'the body must be an object such as {"query": "{ __typename }"}')
    return _question(body)


def _of_url(parameters: list[tuple[str, str]]) -> Question:
    values: dict[str, Any] = {}
    for name, text in parameters:
        if name in values:
            raise LoadcellError("INVALID_FIELD_FORMAT", f"{name[:64]} is given twice", field=name[:64])
        values[name] = text
    for name in ("variables", "extensions"):
        values[name] = load(values[name].encode(), name) if values.get(name) else None
    return _question(values)


def _question(values: dict[str, Any]) -> Question:
    for name in values.keys() - _KNOWN:
        raise LoadcellError("UNKNOWN_FIELD", f"unknown field {name[:64]}", field=name[:64])
    document, variables, operation = (values.get(name) for name in ("query", "variables", "operationName"))
    if document is None:
        raise LoadcellError("MISSING_REQUIRED_FIELD", "query is required: the document", field="query")
    for name, value, kind, wanted in (
        ("query", document, str, "a text"),
        ("variables", variables, dict, "an object"),
        ("operationName", operation, str, "a text"),
        ("extensions", values.get("extensions"), dict, "an object"),
    ):
        if value is not None and not isinstance(value, kind):
            raise LoadcellError("INVALID_FIELD_FORMAT", f"{name} must be {wanted}", field=name)
    return Question(document, variables or {}, operation or None)


def _response(outcome: Outcome, media_type: str, request_id: str) -> Response:
    errors = [(error, of_catalog(error)) for error in outcome.errors]
    status, data = _status([found for _, found in errors], outcome.data)
    headers = {"Content-Type": f"{media_type}; charset=utf-8", "Cache-Control": "private, no-cache", "Vary": _VARY}
    body: dict[str, Any] = {}
    if errors:
        if status == 401:
            headers["WWW-Authenticate"] = "ApiKey"
        if status in (429, 503):
            headers["Retry-After"] = retry_after(errors[0][1])
        body["errors"] = [error_entry(error, found, request_id) for error, found in errors]
    if data is not None:
        body["data"] = data
    return Response(orjson.dumps(body), status, headers=headers)


def _status(errors: list[LoadcellError], data: dict[str, Any] | None) -> tuple[int, dict[str, Any] | None]:
    """Return the status of an answer and the data it has.

    A document that was not carried out has the status of its first error, and so has one whose queries were all
    refused for what is no matter of the document. Any other was answered, in part at least.
    """
    statuses = {http_status(error) for error in errors}
    refused = (
        len(statuses) == 1 and statuses <= _OF_THE_CALL and all(value is None for value in (data or {}).values())
    )
    if errors and (data is None or refused):
        return http_status(errors[0]), None
    return 200, data
