"""Access tokens for clients that send who they are in the body: OAuth 2.0 client credentials, and a login.

There are no users with passwords here. What is secret is an API key: `client_secret`, or the `password` of a
login; `client_id` and `username` say whom the token is for.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Any, cast
from urllib.parse import parse_qsl, unquote_plus

import orjson
from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.body import media_type_of, read_body, read_json
from gateway.credentials import CREDENTIALS, check_credential, credentials
from gateway.openapi.operation import JSON, Answer, Operation, Schema, json_answer
from gateway.upstream import Upstream
from loadcell.documents import render
from loadcell.documents.reader import unknown_field, wrong_type
from loadcell.errors import LoadcellError
from loadcell.v1 import auth_pb2

TOKEN_PATH, LOGIN_PATH = "/auth/token", "/api/v1/auth/login"
_METHODS = auth_pb2.DESCRIPTOR.services_by_name["AuthService"].methods_by_name
_API_KEY, _BASIC = "x-api-key", "basic "
_FORM = "application/x-www-form-urlencoded"
_MOST_FORM_BYTES = 64 * 1024
_CLIENT_CREDENTIALS, _REFRESH = "client_credentials", "refresh_token"
_TOKENS = {
    "access_token": "the access token",
    "token_type": "Bearer",
    "expires_in": 3_600,
    "refresh_token": "the refresh token",
    "refresh_expires_in": 604_800,
}
_REFUSED = (
    "INVALID_FIELD_VALUE",
    "INVALID_FIELD_FORMAT",
    "MISSING_REQUIRED_FIELD",
    "PAYLOAD_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
    "TOKENS_OFF",
    "TOKEN_FROM_TOKEN",
)


def _body(media_types: tuple[str, ...], required: tuple[str, ...] = (), **texts: str) -> dict[str, Schema]:
    properties = {name: {"type": "string", "description": about} for name, about in texts.items()}
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": list(required),
    }
    return dict.fromkeys(media_types, schema)


def _answer(**more: str) -> Answer:
    return json_answer("The tokens.", _TOKENS | more)


OPERATIONS = (
    Operation(
        TOKEN_PATH,
        "SignInClient",
        "Auth",
        "Gives an access token and a refresh token as OAuth 2.0 does",
        {200: _answer()},
        verb="POST",
        description="For a client's secret, which is an API key, or for a refresh token. Identifier and secret may"
        " also come as `Authorization: Basic`.",
        body=_body(
            (_FORM, JSON),
            grant_type="client_credentials (default) or refresh_token.",
            client_id="Whom the token is for. Default: the identifier of the key.",
            client_secret="An API key. Default: the credential in the headers.",  # noqa: S106 - it is described
            refresh_token="With the grant type refresh_token.",  # noqa: S106 - likewise
            scope="Permissions, with spaces between them, if the token is to have fewer than the key.",
        ),
        refused=_REFUSED,
    ),
    Operation(
        LOGIN_PATH,
        "SignInUser",
        "Auth",
        "Gives an access token and a refresh token for a name and an API key",
        {200: _answer(token="the access token")},  # noqa: S106 - it is described
        verb="POST",
        description="There are no passwords here: `password` is an API key.",
        body=_body(
            (JSON,),
            ("password",),
            username="Whom the token is for. Default: the identifier of the key.",
            password="An API key.",  # noqa: S106 - it is described
        ),
        refused=_REFUSED,
    ),
)


def sign_in_routes(upstream: Upstream) -> list[Route]:
    """Return the routes."""

    async def token(request: Request) -> Response:
        known = ("grant_type", "client_id", "client_secret", "refresh_token", "scope")
        body = _basic(request) | _strings(await _form_or_json(request), known)
        if body.get("grant_type") == _REFRESH:
            asked = auth_pb2.RefreshTokenRequest(refresh_token=body.get("refresh_token", ""))
            return _shown(await upstream.call(_METHODS["RefreshToken"], asked, metadata=credentials(request)))
        if body.get("grant_type", _CLIENT_CREDENTIALS) != _CLIENT_CREDENTIALS:
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"grant_type must be {_CLIENT_CREDENTIALS} or {_REFRESH}, not {body['grant_type'][:64]!r}",
                field="grant_type",
            )
        asked_for = auth_pb2.IssueTokenRequest(
            subject=body.get("client_id", ""), permissions=body.get("scope", "").split()
        )
        return _shown(await _issue(request, asked_for, body.get("client_secret"), "client_secret"))

    async def login(request: Request) -> Response:
        body = _strings(await read_json(request), ("username", "password"))
        if "password" not in body:
            raise LoadcellError(
                "MISSING_REQUIRED_FIELD",
                "password is required: an API key, there are no passwords",
                field="password",
            )
        asked_for = auth_pb2.IssueTokenRequest(subject=body.get("username", ""))
        return _shown(await _issue(request, asked_for, body["password"], "password"), with_token=True)

    async def _issue(
        request: Request, asked_for: auth_pb2.IssueTokenRequest, secret: str | None, name: str
    ) -> Message:
        metadata = credentials(request)
        if secret is not None:
            check_credential(name, secret)
            others = [(name, value) for name, value in metadata if name not in CREDENTIALS]
            metadata = [(_API_KEY, secret), *others]
        return await upstream.call(_METHODS["IssueToken"], asked_for, metadata=metadata)

    return [_route(TOKEN_PATH, token), _route(LOGIN_PATH, login)]


def _route(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    return Route(path, endpoint, methods=["POST"])


async def _form_or_json(request: Request) -> Any:
    """Return the fields of a body: OAuth 2.0 sends forms (RFC 6749, 4.4.2), others JSON.

    A page of another site can send a form as well, but no credential with it.
    """
    if media_type_of(request) != _FORM:
        return await read_json(request)
    body = await read_body(request, _MOST_FORM_BYTES)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=16)
    except ValueError as error:
        raise LoadcellError("INVALID_REQUEST", "the body is no form") from error
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise LoadcellError("INVALID_REQUEST", "a field of the form is given twice")
    return dict(pairs)


def _basic(request: Request) -> dict[str, str]:
    """Return identifier and secret of a client that sends them as its Authorization (RFC 6749, 2.3.1)."""
    header = request.headers.get("authorization", "")
    if not header.lower().startswith(_BASIC):
        return {}
    try:
        pair = base64.b64decode(header[len(_BASIC) :].strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise LoadcellError("INVALID_API_KEY", "the header authorization cannot be read") from error
    client_id, _, secret = pair.partition(":")
    return {"client_id": unquote_plus(client_id), "client_secret": unquote_plus(secret)}


def _strings(body: Any, known: tuple[str, ...]) -> dict[str, str]:
    if not isinstance(body, dict):
        raise LoadcellError("INVALID_REQUEST", "the body must be a JSON object")
    for name, value in body.items():
        if name not in known:
            raise unknown_field(name, name, list(known))
        if not isinstance(value, str):
            raise wrong_type(name, "a text", value)
    return body


def _shown(answer: Message, *, with_token: bool = False) -> Response:
    tokens: Any = cast("auth_pb2.IssueTokenResponse | auth_pb2.RefreshTokenResponse", answer).tokens
    document = render(tokens)
    if with_token:
        document["token"] = document["access_token"]
    return Response(orjson.dumps(document), media_type=JSON, headers={"Cache-Control": "no-store"})
