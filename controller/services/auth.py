"""AuthService."""

# Names and signatures are those of the generated classes.
# ruff: noqa: N802, ARG002

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import structlog

from controller.access.authenticator import Authenticator
from controller.access.granting import Grant, check_name, covers, end_of, read_grant, require_own
from controller.access.issuing import Issuer, Pair
from controller.access.keys import hash_of, is_session, new_key, shown_identifier, shown_part
from controller.access.permissions import ADMIN
from controller.access.principal import OPEN, TICKET, TOKEN, Principal, current_principal, serve_as
from controller.access.tickets import Tickets
from controller.access.tokens import Claims
from controller.admission import Admissions
from controller.limits.quotas import Quotas
from controller.messages import timestamp
from controller.query.audit import page_of_audit_log
from controller.query.by_age import PageByAge
from controller.services.caller import scope_of
from controller.services.projects import ProjectMethods
from controller.services.tickets import TicketMethods
from controller.store.api_keys import (
    ApiKeyRecord,
    end_key,
    get_key,
    insert_key,
    list_keys,
    revoke_key,
)
from controller.store.database import Connection, Database
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.v1 import auth_pb2

log = structlog.get_logger()

MAX_KEYS = 10_000
MAX_OVERLAP_SECONDS = 30 * 86_400
OVERLAP_SECONDS = 86_400


class AuthServicer(ProjectMethods, TicketMethods):
    """API keys, tokens, tickets and projects."""

    def __init__(
        self,
        database: Database,
        authenticator: Authenticator,
        admissions: Admissions,
        issuer: Issuer,
        tickets: Tickets,
        *,
        quotas: Quotas,
    ) -> None:
        ProjectMethods.__init__(self, database, quotas)
        TicketMethods.__init__(self, tickets)
        self._database = database
        self._admissions = admissions
        self._authenticator = authenticator
        self._issuer = issuer

    async def GetCaller(self, request: auth_pb2.GetCallerRequest, context: Any) -> auth_pb2.GetCallerResponse:
        """Return who is calling."""
        who = current_principal()
        return auth_pb2.GetCallerResponse(
            caller=auth_pb2.Caller(
                method=who.method,
                principal_id=who.principal_id,
                name=who.name,
                role=who.role,
                permissions=sorted(who.permissions),
                projects=sorted(who.projects or ()),
                all_projects=who.projects is None,
            )
        )

    async def CreateApiKey(
        self, request: auth_pb2.CreateApiKeyRequest, context: Any
    ) -> auth_pb2.CreateApiKeyResponse:
        """Make a key; nobody can read it again."""
        who, now = current_principal(), wall_micros()
        check_name("name", request.name)
        grant = read_grant(request.role or "viewer", request.permissions, request.scopes, request.projects)
        require_own(grant, who)
        if who.method == OPEN and (grant.role != ADMIN or grant.scopes or request.HasField("expires_at")):
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                "the first key closes the controller to everybody without one, so it must be an admin's, without"
                " scopes and without an end",
                field="role",
            )
        key, record = _new(request.name, grant, who.principal_id, now, end_of(request, who, now), rotated_from="")
        await self._database.write(lambda c: _store(c, record))
        await self._look()
        log.info("api_key_created", key_id=record.key_id, name=record.name, role=record.role)
        return auth_pb2.CreateApiKeyResponse(details=_message(record), key=key)

    async def ListApiKeys(
        self, request: auth_pb2.ListApiKeysRequest, context: Any
    ) -> auth_pb2.ListApiKeysResponse:
        """Return a page of the keys that permit no more than the caller may."""
        who = current_principal()
        wanted = PageByAge("api keys", request.limit if request.HasField("limit") else None, request.cursor)
        keys = await self._database.read(lambda c: list_keys(c, lambda key: covers(who, _grant_of(key))))
        found = [key for key in keys if (key.created_at, key.key_id) > wanted.after]
        page, following = wanted.cut(found, lambda record: record.key_id)
        return auth_pb2.ListApiKeysResponse(
            keys=[_message(record) for record in page],
            next_cursor=following,
            total=len(keys),
        )

    async def RotateApiKey(
        self, request: auth_pb2.RotateApiKeyRequest, context: Any
    ) -> auth_pb2.RotateApiKeyResponse:
        """Make a key in the place of another."""
        who, now = current_principal(), wall_micros()
        overlap = request.overlap_seconds if request.HasField("overlap_seconds") else OVERLAP_SECONDS
        if not 0 <= overlap <= MAX_OVERLAP_SECONDS:
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"overlap_seconds {overlap} must be from 0 to {MAX_OVERLAP_SECONDS:,}",
                field="overlap_seconds",
            )

        def rotate(connection: Connection) -> tuple[str, ApiKeyRecord]:
            old = get_key(connection, request.key_id, lock=True)
            if old is None:
                raise _not_found(request.key_id)
            if old.ended(now):
                raise LoadcellError("API_KEY_ENDED", f"the API key {old.name!r} has ended; make a new one")
            grant = _grant_of(old)
            require_own(grant, who)
            ends = min((end for end in (old.expires_at, who.expires_at) if end is not None), default=None)
            key, record = _new(old.name, grant, who.principal_id, now, ends, rotated_from=old.key_id)
            _store(connection, record)
            end_key(connection, old.key_id, now + overlap * 1_000_000)
            return key, record

        key, record = await self._database.write(rotate)
        await self._look()
        log.info("api_key_rotated", key_id=record.key_id, name=record.name, rotated_from=record.rotated_from)
        return auth_pb2.RotateApiKeyResponse(details=_message(record), key=key)

    async def RevokeApiKey(
        self, request: auth_pb2.RevokeApiKeyRequest, context: Any
    ) -> auth_pb2.RevokeApiKeyResponse:
        """Revoke a key and what was issued for it."""
        who, now = current_principal(), wall_micros()

        def revoke(connection: Connection) -> ApiKeyRecord:
            found = get_key(connection, request.key_id)
            if found is None:
                raise _not_found(request.key_id)
            require_own(_grant_of(found), who)
            return revoke_key(connection, found.key_id, now) or found

        record = await self._database.write(revoke, repeatable=True)
        await self._look()
        log.info("api_key_revoked", key_id=record.key_id, name=record.name)
        return auth_pb2.RevokeApiKeyResponse(key=_message(record))

    async def ListAuditLog(
        self, request: auth_pb2.ListAuditLogRequest, context: Any
    ) -> auth_pb2.ListAuditLogResponse:
        """Return a page of the log."""
        scope, now = scope_of(context), wall_micros()
        return await self._database.read(lambda c: page_of_audit_log(c, request, scope, now))

    async def IssueToken(self, request: auth_pb2.IssueTokenRequest, context: Any) -> auth_pb2.IssueTokenResponse:
        """Give tokens for the caller's rights, or for less."""
        who = current_principal()
        if who.method in (TOKEN, TICKET):
            raise LoadcellError(
                "TOKEN_FROM_TOKEN", "tokens are issued for API keys; use the refresh token to get the next ones"
            )
        longest = self._issuer.lifetimes.access
        seconds = request.lifetime_seconds if request.HasField("lifetime_seconds") else longest
        if not 0 < seconds <= longest:
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"a token can last from 1 to {longest} s, not {seconds}",
                field="lifetime_seconds",
            )
        pair = await self._issuer.issue(_claims(request, who), seconds)
        return auth_pb2.IssueTokenResponse(tokens=_tokens(pair))

    async def RefreshToken(
        self, request: auth_pb2.RefreshTokenRequest, context: Any
    ) -> auth_pb2.RefreshTokenResponse:
        """Give the next tokens for a refresh token."""
        pair = await self._issuer.refresh(request.refresh_token)
        serve_as(self._issuer.holder(pair))  # who it was is known by that alone
        return auth_pb2.RefreshTokenResponse(tokens=_tokens(pair))

    async def RevokeToken(
        self, request: auth_pb2.RevokeTokenRequest, context: Any
    ) -> auth_pb2.RevokeTokenResponse:
        """Revoke a token."""
        try:
            await (self._tickets if is_session(request.token) else self._issuer).revoke(request.token)
        except LoadcellError as error:
            if error.category != "AUTHENTICATION":
                raise
            # Of the token in the request: the caller's own credential was right.
            raise LoadcellError(error.reason, error.message, field="token") from None
        await self._look()
        return auth_pb2.RevokeTokenResponse()

    async def _look(self) -> None:
        """Let what was made or revoked count here at once; other controllers notice within a second."""
        self._authenticator.forget()
        await self._admissions.look()


def _new(
    name: str, grant: Grant, creator: str, now: int, expires_at: int | None, *, rotated_from: str
) -> tuple[str, ApiKeyRecord]:
    key = new_key()
    return key, ApiKeyRecord(
        key_id=str(uuid.uuid4()),
        key_hash=hash_of(key),
        prefix=shown_part(key),
        name=name,
        role=grant.role,
        permissions=tuple(sorted(grant.permissions)),
        scopes=tuple(sorted(grant.scopes)),
        projects=tuple(sorted(grant.projects or ())),
        created_by=creator,
        created_at=now,
        expires_at=expires_at,
        revoked_at=None,
        last_used_at=None,
        rotated_from=rotated_from,
    )


def _grant_of(record: ApiKeyRecord) -> Grant:
    projects = None if record.role == ADMIN else frozenset(record.projects)
    return Grant(record.role, frozenset(record.permissions), frozenset(record.scopes), projects)


def _claims(request: auth_pb2.IssueTokenRequest, who: Principal) -> Claims:
    """Return what the token of a request says; by default exactly what the caller may do."""
    subject, role = request.subject or who.principal_id, request.role or who.role
    check_name("subject", subject)
    further = request.permissions if request.role or request.permissions else sorted(who.further)
    grant = read_grant(role, further, sorted(who.scopes), request.projects)
    if not request.projects and role != ADMIN:
        grant = replace(grant, projects=who.projects)
    require_own(grant, who)
    return Claims(subject, role, grant.permissions, grant.scopes, grant.projects, key_id=who.key_id)


def _store(connection: Connection, record: ApiKeyRecord) -> None:
    if not insert_key(connection, record, most=MAX_KEYS):
        raise LoadcellError("LIMIT_EXCEEDED", f"there are {MAX_KEYS:,} API keys already; revoke one")


def _not_found(key_id: str) -> LoadcellError:
    shown = shown_identifier(key_id)
    return LoadcellError("API_KEY_NOT_FOUND", f"there is no API key {shown}", metadata={"key_id": shown})


def _tokens(pair: Pair) -> auth_pb2.Tokens:
    return auth_pb2.Tokens(
        access_token=pair.access_token,
        token_type="Bearer",  # noqa: S106 - how it is shown, RFC 6750
        expires_in=pair.access_seconds,
        refresh_token=pair.refresh_token,
        refresh_expires_in=pair.refresh_seconds,
    )


def _message(record: ApiKeyRecord) -> auth_pb2.ApiKey:
    return auth_pb2.ApiKey(
        key_id=record.key_id,
        name=record.name,
        prefix=record.prefix,
        role=record.role,
        permissions=record.permissions,
        scopes=record.scopes,
        projects=record.projects,
        created_by=record.created_by,
        created_at=timestamp(record.created_at),
        expires_at=None if record.expires_at is None else timestamp(record.expires_at),
        revoked_at=None if record.revoked_at is None else timestamp(record.revoked_at),
        last_used_at=None if record.last_used_at is None else timestamp(record.last_used_at),
        rotated_from=record.rotated_from,
    )
