"""Access tokens with their refresh tokens: issued, exchanged and revoked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from controller.access.givers import Givers
from controller.access.holders import principal_of_token
from controller.access.keys import hash_of, is_refresh_token, new_refresh_token
from controller.access.principal import Principal
from controller.access.stored_claims import claims_text, read_claims
from controller.access.tokens import AccessTokens, Claims, seconds_now
from controller.store.database import Connection, Database
from controller.store.refresh_tokens import (
    RefreshRecord,
    find_refresh,
    insert_refresh,
    revoke,
    revoked,
    use_up,
)
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError

log = structlog.get_logger()

LONGEST_ACCESS_SECONDS: Final = 86_400
LONGEST_REFRESH_SECONDS: Final = 31_536_000
# Within this time everything of a family has expired, whatever the settings said when it was issued: its refresh
# tokens are deleted, but another controller may have made one at the same moment. An hour for clocks that are off.
FAMILY_MICROS: Final = (LONGEST_ACCESS_SECONDS + LONGEST_REFRESH_SECONDS + 3_600) * 1_000_000


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long tokens last, in seconds."""

    access: int
    refresh: int


@dataclass(frozen=True, slots=True)
class Pair:
    """What is given to a caller. Lifetimes are in seconds."""

    access_token: str = field(repr=False)
    access_seconds: int
    refresh_token: str = field(repr=False)
    refresh_seconds: int


class Issuer:
    """Gives tokens and takes them back. What came of one issue is a family, revoked together."""

    def __init__(self, database: Database, tokens: AccessTokens, lifetimes: Lifetimes, givers: Givers) -> None:
        self._database, self._tokens, self.lifetimes, self._givers = database, tokens, lifetimes, givers

    async def issue(self, claims: Claims, seconds: int) -> Pair:
        """Return the first pair of a family, whose access token lasts some seconds.

        Raises:
            LoadcellError: TOKENS_OFF, DATABASE_ERROR.
        """
        giver = "" if claims.key_id else self._givers.mark
        pair, record = self._pair(replace(claims, family=str(uuid.uuid4()), giver=giver), seconds)
        await self._database.write(lambda c: insert_refresh(c, record))
        return pair

    async def refresh(self, token: str) -> Pair:
        """Return the next pair for a refresh token, which is used up.

        Raises:
            LoadcellError: INVALID_TOKEN, EXPIRED_TOKEN, TOKENS_OFF; DATABASE_ERROR.
        """
        if not is_refresh_token(token):
            raise _unknown()
        digest, now = hash_of(token), wall_micros()

        def exchange(connection: Connection) -> Pair | RefreshRecord:
            record = find_refresh(connection, digest)
            if record is None:
                raise _unknown()
            claims = read_claims(record.claims)
            if revoked(connection, [record.family]):
                raise LoadcellError("INVALID_TOKEN", "the refresh token was revoked")
            if record.expires_at <= now:
                raise LoadcellError("EXPIRED_TOKEN", "the refresh token has expired; get another with an API key")
            self._givers.check(connection, claims, now)
            if not use_up(connection, digest, now):
                # Of two who have it, one stole it; nobody can tell which (RFC 9700, 4.14.2).
                revoke(connection, record.family, now + FAMILY_MICROS, now)
                return record
            pair, next_record = self._pair(claims, self.lifetimes.access)
            insert_refresh(connection, next_record)
            return pair

        result = await self._database.write(exchange)
        if isinstance(result, RefreshRecord):
            log.warning(
                "refresh_token_used_again", family=result.family, consequence="all of its tokens are revoked"
            )
            raise LoadcellError(
                "INVALID_TOKEN", "the refresh token was used before; everything of it is revoked now"
            )
        return result

    def holder(self, pair: Pair) -> Principal:
        """Return whom a pair was given to.

        Raises:
            LoadcellError: INVALID_TOKEN, EXPIRED_TOKEN.
        """
        claims = self._tokens.verify(pair.access_token)
        return principal_of_token(claims, self._tokens.end_of(claims))

    async def revoke(self, token: str) -> None:
        """Revoke an access token or a refresh token with its family.

        Raises:
            LoadcellError: INVALID_TOKEN, EXPIRED_TOKEN; DATABASE_ERROR.
        """
        now = wall_micros()
        if is_refresh_token(token):
            digest = hash_of(token)
            record = await self._database.read(lambda c: find_refresh(c, digest))
            if record is None:
                raise _unknown()
            name, until = record.family, now + FAMILY_MICROS
        else:
            claims = self._tokens.verify(token)
            name = claims.family or claims.token_id
            until = max(now, claims.expires_at * 1_000_000) + FAMILY_MICROS
        await self._database.write(lambda c: revoke(c, name, until, now), repeatable=True)

    def _pair(self, claims: Claims, seconds: int) -> tuple[Pair, RefreshRecord]:
        issued_at, now, token = seconds_now(), wall_micros(), new_refresh_token()
        signed = self._tokens.sign(
            replace(claims, token_id=str(uuid.uuid4()), issued_at=issued_at, expires_at=issued_at + seconds)
        )
        ends = now + self.lifetimes.refresh * 1_000_000
        record = RefreshRecord(hash_of(token), claims.family, claims_text(claims), now, ends, used_at=None)
        return Pair(signed, seconds, token, self.lifetimes.refresh), record


def _unknown() -> LoadcellError:
    return LoadcellError("INVALID_TOKEN", "the refresh token is unknown")
