"""How /graphql stands in the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

from gateway.openapi.operation import JSON, Answer, Operation, query_parameter

RESPONSE_TYPE: Final = "application/graphql-response+json"
_TEXT: Final = {"type": "string"}
_OBJECT: Final = {"type": ["object", "null"]}
_EXAMPLE: Final = "query Newest($model: String) { traces(filter: {model: $model}, limit: 10) { id cost } }"
_QUESTION: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["query"],
    "additionalProperties": False,
    "properties": {
        "query": {**_TEXT, "description": "The document."},
        "variables": {**_OBJECT, "description": "Values of its variables."},
        "operationName": {"type": ["string", "null"], "description": "Which of its operations is meant."},
        "extensions": {**_OBJECT, "description": "Nothing is read from it."},
    },
    "example": {"query": _EXAMPLE, "variables": {"model": "llama-3.1-8b"}, "operationName": "Newest"},
}
_OUTCOME: Final[dict[str, Any]] = {
    "type": "object",
    "anyOf": [{"required": ["data"]}, {"required": ["errors"]}],
    "properties": {
        "data": {"type": "object", "description": "The values of the queries, null for those that failed."},
        "errors": {
            "type": "array",
            "minItems": 1,
            "description": "What went wrong, each with code, error_code, category and request_id in extensions.",
            "items": {
                "type": "object",
                "required": ["message", "extensions"],
                "properties": {"message": _TEXT, "extensions": {"type": "object"}},
            },
        },
    },
}
_REFUSED: Final = {
    400: "The request, the document or a variable cannot be used, or the document asks for too much.",
    401: "No or no valid credential.",
    403: "The caller may do nothing of it, or the schema is not told.",
    413: "The document or the body is too large.",
    429: "The caller calls too often.",
    500: "Something failed inside.",
    503: "The controller is away.",
    504: "It took too long.",
}
_ANSWERS: Final = {
    200: Answer("What was asked, in part at least.", {JSON: _OUTCOME, RESPONSE_TYPE: _OUTCOME}),
    **{
        status: Answer(
            description,
            {JSON: {"anyOf": [{"$ref": "#/components/schemas/Error"}, _OUTCOME]}, RESPONSE_TYPE: _OUTCOME},
        )
        for status, description in _REFUSED.items()
    },
}
_TAG: Final = "GraphQL"
_ABOUT: Final = "Types are those of the other calls; permissions and projects, too. Nothing can be changed."

GRAPHQL_OPERATIONS: Final = (
    Operation(
        "/graphql",
        "PostGraphql",
        _TAG,
        "Carries a GraphQL document out",
        _ANSWERS,
        verb="POST",
        description=_ABOUT,
        body={JSON: _QUESTION},
        refused=("INVALID_FIELD_FORMAT", "MISSING_REQUIRED_FIELD", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"),
    ),
    Operation(
        "/graphql",
        "GetGraphql",
        _TAG,
        "Carries a GraphQL document out",
        _ANSWERS,
        description=_ABOUT,
        parameters=(
            query_parameter("query", "Required. The document."),
            query_parameter("variables", "Values of its variables, a JSON object."),
            query_parameter("operationName", "Which of its operations is meant."),
            query_parameter("extensions", "A JSON object. Nothing is read from it."),
        ),
        refused=("INVALID_FIELD_FORMAT", "MISSING_REQUIRED_FIELD"),
    ),
    Operation(
        "/graphql/playground",
        "TryGraphql",
        _TAG,
        "Shows a page to try documents on, where it is not off",
        {200: Answer("The page.", {"text/html": _TEXT})},
        refused=("RESOURCE_NOT_FOUND", "SERVICE_UNAVAILABLE", "REQUEST_TIMEOUT"),
        calls=False,
    ),
)
