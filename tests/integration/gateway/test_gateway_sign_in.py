"""Tokens for clients that send who they are in the body."""

from __future__ import annotations

import pytest

from loadcell.errors import LoadcellError
from loadcell.v1 import auth_pb2

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHOWN = {
    "access_token": "a",
    "token_type": "Bearer",
    "expires_in": 60,
    "refresh_token": "r",
    "refresh_expires_in": 600,
}
TOKENS = auth_pb2.Tokens(**SHOWN)


@pytest.fixture
def answered(gateway):
    gateway.controller.answers["IssueToken"] = auth_pb2.IssueTokenResponse(tokens=TOKENS)
    gateway.controller.answers["RefreshToken"] = auth_pb2.RefreshTokenResponse(tokens=TOKENS)
    return gateway


async def test_the_secret_of_a_client_is_an_api_key(answered):
    body = {"grant_type": "client_credentials", "client_id": "dashboards", "client_secret": "k"}
    response = await answered.http.post("/auth/token", json=body, headers={"X-API-Key": "another"})
    assert (response.status_code, response.json()) == (200, SHOWN)
    assert response.headers["cache-control"] == "no-store"
    (call,) = answered.controller.calls
    assert (call.method, call.request.subject, call.metadata["x-api-key"]) == ("IssueToken", "dashboards", "k")


async def test_clients_of_oauth_send_forms_and_their_secret_in_the_header_or_in_the_form(answered):
    form = {"grant_type": "client_credentials", "client_id": "dash boards", "client_secret": "k"}
    form["scope"] = "traces:read costs:read"
    assert (await answered.http.post("/auth/token", data=form)).json() == SHOWN
    grant = {"grant_type": "client_credentials"}
    assert (await answered.http.post("/auth/token", data=grant, auth=("dash boards", "k"))).json() == SHOWN
    assert [(call.request.subject, call.metadata["x-api-key"]) for call in answered.controller.calls] == [
        ("dash boards", "k")
    ] * 2
    assert answered.controller.calls[0].request.permissions == ["traces:read", "costs:read"]
    assert all("authorization" not in call.metadata for call in answered.controller.calls)


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        ("grant_type=client_credentials&grant_type=refresh_token", {}),
        ("grant_type", {}),
        ("&".join(f"a{n}=1" for n in range(20)), {}),
        ("client_secret=%ff", {}),
        ("grant_type=client_credentials", {"authorization": "Basic !"}),
    ],
)
async def test_forms_that_cannot_be_read_are_refused(answered, content, headers):
    headers = {"content-type": "application/x-www-form-urlencoded", **headers}
    answer = await answered.http.post("/auth/token", content=content, headers=headers)
    assert answer.status_code in (400, 401), answer.text
    assert answered.controller.calls == []


async def test_without_a_secret_the_credential_in_the_headers_counts(answered):
    response = await answered.http.post("/auth/token", json={}, headers={"X-API-Key": "mine"})
    assert response.status_code == 200
    assert answered.controller.calls[0].metadata["x-api-key"] == "mine"


async def test_a_refresh_token_gets_the_next_pair(answered):
    body = {"grant_type": "refresh_token", "refresh_token": "old"}
    assert (await answered.http.post("/auth/token", json=body)).json() == SHOWN
    (call,) = answered.controller.calls
    assert (call.method, call.request.refresh_token) == ("RefreshToken", "old")


async def test_the_password_of_a_login_is_an_api_key(answered):
    response = await answered.http.post("/api/v1/auth/login", json={"username": "u", "password": "k"})
    assert (response.status_code, response.json()) == (200, {**SHOWN, "token": "a"})
    (call,) = answered.controller.calls
    assert (call.request.subject, call.metadata["x-api-key"]) == ("u", "k")


async def test_a_wrong_key_is_refused(gateway):
    gateway.controller.answers["IssueToken"] = LoadcellError("INVALID_API_KEY", "the key is unknown")
    response = await gateway.http.post("/api/v1/auth/login", json={"username": "u", "password": "no"})
    assert (response.status_code, response.json()["error"]["error_code"]) == (401, "INVALID_API_KEY")


@pytest.mark.parametrize(
    ("path", "body", "reason", "field"),
    [
        ("/auth/token", {"grant_type": "password"}, "INVALID_FIELD_VALUE", "grant_type"),
        ("/auth/token", {"client_secrt": "k"}, "UNKNOWN_FIELD", "client_secrt"),
        ("/auth/token", {"client_secret": 1}, "INVALID_FIELD_FORMAT", "client_secret"),
        ("/auth/token", [], "INVALID_REQUEST", None),
        ("/api/v1/auth/login", {"username": "u"}, "MISSING_REQUIRED_FIELD", "password"),
        ("/api/v1/auth/login", {"username": "u", "password": "two\nlines"}, "INVALID_API_KEY", None),
    ],
)
async def test_what_cannot_be_used_is_refused_before_anybody_is_asked(answered, path, body, reason, field):
    error = (await answered.http.post(path, json=body)).json()["error"]
    assert (error["error_code"], error.get("field")) == (reason, field)
    assert answered.controller.calls == []
