"""Who holds a credential."""

from __future__ import annotations

from dataclasses import replace

from controller.access.givers import Givers
from controller.access.keys import hash_of
from controller.access.permissions import permitted
from controller.access.principal import API_KEY, CONFIGURED_KEY, TICKET, TOKEN, Principal
from controller.access.stored_claims import read_claims
from controller.access.tokens import Claims
from controller.store.api_keys import ApiKeyRecord
from controller.store.database import Connection
from controller.store.refresh_tokens import revoked
from controller.store.tickets import TicketRecord, find_session
from loadcell.errors import LoadcellError


def principal_of_key(record: ApiKeyRecord) -> Principal:
    """Return who has an API key."""
    return Principal(
        method=API_KEY,
        principal_id=record.key_id,
        name=record.name,
        role=record.role,
        permissions=permitted(record.role, record.permissions, record.scopes),
        projects=None if record.role == "admin" else frozenset(record.projects),
        key_id=record.key_id,
        further=frozenset(record.permissions),
        scopes=frozenset(record.scopes),
        expires_at=record.expires_at,
    )


def principal_of_token(claims: Claims, ends: int) -> Principal:
    """Return who has an access token: the giver, as whom actions are kept, under the name the token has.

    Args:
        claims: What the token says.
        ends: From when on it is refused, in microseconds since 1970 UTC.
    """
    return Principal(
        method=TOKEN,
        principal_id=claims.key_id or (CONFIGURED_KEY if claims.giver else claims.subject),
        name=claims.subject,
        role=claims.role,
        permissions=permitted(claims.role, claims.permissions, claims.scopes),
        projects=claims.projects,
        key_id=claims.key_id,
        further=claims.permissions,
        scopes=claims.scopes,
        family=claims.family,
        token_id=claims.token_id,
        expires_at=ends,
    )


def principal_of_ticket(record: TicketRecord) -> Principal:
    """Return who may do what a ticket was used for: read what its giver may read, and nothing else."""
    who = principal_of_token(read_claims(record.claims), record.expires_at)
    reads = frozenset(one for one in who.permissions if one.endswith(":read"))
    return replace(who, method=TICKET, permissions=reads)


def check_not_revoked(connection: Connection, claims: Claims, givers: Givers, now: int) -> None:
    """Refuse what was revoked, itself or the key that is behind it; `now` is in microseconds since 1970 UTC.

    Raises:
        LoadcellError: INVALID_TOKEN.
    """
    if revoked(connection, [name for name in (claims.token_id, claims.family) if name]):
        raise LoadcellError("INVALID_TOKEN", "the token was revoked")
    givers.check(connection, claims, now)


def session_holder(connection: Connection, credential: str, givers: Givers, now: int) -> Principal:
    """Return who has the credential that a ticket was used for.

    Raises:
        LoadcellError: INVALID_TOKEN, EXPIRED_TOKEN.
    """
    record = find_session(connection, hash_of(credential))
    if record is None:
        raise LoadcellError("INVALID_TOKEN", "what the ticket was used for has ended; get another ticket")
    if record.expires_at <= now:
        raise LoadcellError("EXPIRED_TOKEN", "what the ticket was used for has expired; get another ticket")
    check_not_revoked(connection, read_claims(record.claims), givers, now)
    return principal_of_ticket(record)
