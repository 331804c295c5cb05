"""The part of the client that is about API keys and tokens."""

import time
from collections.abc import AsyncGenerator, Sequence

import grpc

from loadcell.client.calls import answer
from loadcell.v1 import auth_pb2, auth_pb2_grpc


class Access:
    """API keys and tokens."""

    _channel: grpc.aio.Channel
    _timeout: float

    async def caller(self) -> auth_pb2.Caller:
        """Return who this client is to the controller."""
        call = auth_pb2_grpc.AuthServiceStub(self._channel).GetCaller(
            auth_pb2.GetCallerRequest(), timeout=self._timeout
        )
        response: auth_pb2.GetCallerResponse = await answer(call)
        return response.caller

    async def create_api_key(
        self,
        name: str,
        *,
        role: str = "",
        permissions: Sequence[str] = (),
        scopes: Sequence[str] = (),
        projects: Sequence[str] = (),
        expires_in_seconds: float | None = None,
    ) -> auth_pb2.CreateApiKeyResponse:
        """Make an API key; it is in the answer only. By default it is a viewer's and never expires."""
        request = auth_pb2.CreateApiKeyRequest(
            name=name, role=role, permissions=permissions, scopes=scopes, projects=projects
        )
        if expires_in_seconds is not None:
            request.expires_at.FromMicroseconds(round((time.time() + expires_in_seconds) * 1e6))
        call = auth_pb2_grpc.AuthServiceStub(self._channel).CreateApiKey(request, timeout=self._timeout)
        response: auth_pb2.CreateApiKeyResponse = await answer(call)
        return response

    async def api_keys(self, *, page_size: int = 50) -> AsyncGenerator[auth_pb2.ApiKey, None]:
        """Yield what is known of API keys, oldest first."""
        stub, cursor = auth_pb2_grpc.AuthServiceStub(self._channel), ""
        while True:
            request = auth_pb2.ListApiKeysRequest(limit=page_size, cursor=cursor)
            page: auth_pb2.ListApiKeysResponse = await answer(stub.ListApiKeys(request, timeout=self._timeout))
            for key in page.keys:
                yield key
            cursor = page.next_cursor
            if not cursor:
                return

    async def rotate_api_key(
        self, key_id: str, *, overlap_seconds: int | None = None
    ) -> auth_pb2.RotateApiKeyResponse:
        """Make a key in the place of another, which ends after the overlap, by default a day."""
        request = auth_pb2.RotateApiKeyRequest(key_id=key_id, overlap_seconds=overlap_seconds)
        call = auth_pb2_grpc.AuthServiceStub(self._channel).RotateApiKey(request, timeout=self._timeout)
        response: auth_pb2.RotateApiKeyResponse = await answer(call)
        return response

    async def revoke_api_key(self, key_id: str) -> auth_pb2.ApiKey:
        """Refuse a key from now on, with the tokens that were issued for it."""
        request = auth_pb2.RevokeApiKeyRequest(key_id=key_id)
        call = auth_pb2_grpc.AuthServiceStub(self._channel).RevokeApiKey(request, timeout=self._timeout)
        response: auth_pb2.RevokeApiKeyResponse = await answer(call)
        return response.key

    async def audit_log(
        self,
        *,
        since: str = "",
        until: str = "",
        principal_id: str = "",
        method: str = "",
        resource_id: str = "",
        outcome: str = "",
        page_size: int = 50,
    ) -> AsyncGenerator[auth_pb2.AuditEntry, None]:
        """Yield who changed what and who was refused, newest first; times as RFC 3339 or relative, "now-1h"."""
        stub = auth_pb2_grpc.AuthServiceStub(self._channel)
        request = auth_pb2.ListAuditLogRequest(
            limit=page_size,
            to=until,
            principal_id=principal_id,
            method=method,
            resource_id=resource_id,
            outcome=outcome,
        )
        setattr(request, "from", since)  # a word of Python
        while True:
            page: auth_pb2.ListAuditLogResponse = await answer(stub.ListAuditLog(request, timeout=self._timeout))
            for entry in page.entries:
                yield entry
            request.cursor = page.next_cursor
            if not page.next_cursor:
                return

    async def issue_token(
        self,
        *,
        subject: str = "",
        role: str = "",
        permissions: Sequence[str] = (),
        projects: Sequence[str] = (),
        lifetime_seconds: int | None = None,
    ) -> auth_pb2.Tokens:
        """Get an access token and a refresh token; by default for all that this client may do."""
        request = auth_pb2.IssueTokenRequest(
            subject=subject,
            role=role,
            permissions=permissions,
            projects=projects,
            lifetime_seconds=lifetime_seconds,
        )
        call = auth_pb2_grpc.AuthServiceStub(self._channel).IssueToken(request, timeout=self._timeout)
        response: auth_pb2.IssueTokenResponse = await answer(call)
        return response.tokens

    async def refresh_token(self, refresh_token: str) -> auth_pb2.Tokens:
        """Get the next tokens for a refresh token, which is used up by it."""
        request = auth_pb2.RefreshTokenRequest(refresh_token=refresh_token)
        call = auth_pb2_grpc.AuthServiceStub(self._channel).RefreshToken(request, timeout=self._timeout)
        response: auth_pb2.RefreshTokenResponse = await answer(call)
        return response.tokens

    async def revoke_token(self, token: str) -> None:
        """Refuse an access token or a refresh token from now on, with all of the same issue."""
        request = auth_pb2.RevokeTokenRequest(token=token)
        await answer(auth_pb2_grpc.AuthServiceStub(self._channel).RevokeToken(request, timeout=self._timeout))
