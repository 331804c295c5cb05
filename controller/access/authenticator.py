"""Looks at what a caller shows and says who it is."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import OrderedDict
from typing import Final

import structlog

from controller.access.issuing import check_key
from controller.access.keys import KEY_PREFIX, hash_of, is_key
from controller.access.permissions import permitted
from controller.access.principal import API_KEY, COMPANION, CONFIGURED_KEY, OPEN, TOKEN, Principal
from controller.access.tokens import AccessTokens, Claims
from controller.store.api_keys import USED_MICROS, ApiKeyRecord, any_key, find_key, note_use
from controller.store.database import Connection, Database
from controller.store.refresh_tokens import revoked
from loadcell.channel import API_KEY_METADATA
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.settings import Secret

log = structlog.get_logger()

REMEMBERED_SECONDS: Final = 0.5  # what is revoked anywhere is refused within a second
REMEMBERED: Final = 10_000  # callers


_NO_SECRET: Final = Secret("")
_A_COMPANION: Final = Principal(
    COMPANION, COMPANION, COMPANION, "", frozenset({"agents:connect", "agents:read"}), projects=None
)


class Authenticator:
    """Knows the credentials there are. Who was found is remembered for half a second.

    Args:
        database: Has the API keys, and what was revoked.
        tokens: Verifies access tokens.
        configured: The API key that is a setting; empty: none.
        companion: The key of processes that were started beside the controller; empty: none.
        private: Whether only this user reaches the controller, so that keys in the database ask nothing of him.
    """

    def __init__(
        self,
        database: Database,
        tokens: AccessTokens,
        *,
        configured: Secret,
        companion: Secret = _NO_SECRET,
        private: bool = False,
    ) -> None:
        self._database = database
        self._configured, self._companion = configured.reveal().encode(), companion.reveal().encode()
        self._tokens = tokens
        self._private = private
        self._closed = False  # for good: keys that have ended are kept
        self._looked = float("-inf")
        self._remembered: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()

    async def who(self, credential: str | None) -> Principal:
        """Return who shows a credential.

        Raises:
            LoadcellError: MISSING_AUTHORIZATION, INVALID_API_KEY, INVALID_TOKEN, EXPIRED_TOKEN; DATABASE_ERROR.
        """
        if await self.is_open():
            return Principal.unlimited(OPEN)
        if credential is None:
            raise LoadcellError(
                "MISSING_AUTHORIZATION",
                f"the call needs an API key in the metadata: {API_KEY_METADATA} or authorization: Bearer",
            )
        shown = credential.encode()
        if self._configured and hmac.compare_digest(shown, self._configured):
            return Principal.unlimited(CONFIGURED_KEY)
        if self._companion and hmac.compare_digest(shown, self._companion):
            return _A_COMPANION
        digest = hashlib.sha256(shown).digest()
        found = self._remembered.get(digest)
        if found is not None and time.monotonic() < found[0]:
            return found[1]
        looks_like_token = credential.count(".") == 2 and not credential.startswith(KEY_PREFIX)
        if looks_like_token and self._tokens.can_verify:
            principal, lasts = await self._of_token(credential)
        else:
            principal, lasts = await self._of_key(credential)
        self._remember(digest, principal, min(lasts, REMEMBERED_SECONDS))
        return principal

    async def is_open(self) -> bool:
        """Whether everybody is let in, since no credential was ever made or configured.

        Raises:
            LoadcellError: DATABASE_ERROR.
        """
        if self._closed or self._configured or self._tokens.can_verify:
            return False
        if not self._private and time.monotonic() >= self._looked + REMEMBERED_SECONDS:
            self._closed = await self._database.read(any_key)
            self._looked = time.monotonic()
        return not self._closed

    def forget(self) -> None:
        """Look at every credential anew: one was made or revoked here."""
        self._remembered.clear()
        self._looked = float("-inf")

    async def _of_key(self, credential: str) -> tuple[Principal, float]:
        if not is_key(credential):
            raise _invalid()
        digest, now = hash_of(credential), wall_micros()
        record = await self._database.read(lambda c: find_key(c, digest))
        if record is None or not hmac.compare_digest(record.key_hash, digest):
            raise _invalid()
        if record.ended(now):
            ended = "was revoked" if record.revoked_at is not None else "has expired"
            raise LoadcellError("INVALID_API_KEY", f"the API key {record.name!r} {ended}")
        await self._note_use(record, now)
        lasts = float("inf") if record.expires_at is None else (record.expires_at - now) / 1e6
        return principal_of_key(record), lasts

    async def _of_token(self, credential: str) -> tuple[Principal, float]:
        claims = self._tokens.verify(credential)
        names = [name for name in (claims.token_id, claims.family) if name]

        def look(connection: Connection) -> None:
            if revoked(connection, names):
                raise LoadcellError("INVALID_TOKEN", "the token was revoked")
            check_key(connection, claims, wall_micros())

        await self._database.read(look)
        return principal_of_token(claims), max(claims.expires_at - time.time(), 0.0)

    async def _note_use(self, record: ApiKeyRecord, now: int) -> None:
        if record.last_used_at is not None and now - record.last_used_at < USED_MICROS:
            return
        try:
            await self._database.write(lambda c: note_use(c, record.key_id, now), repeatable=True)
        except LoadcellError as error:
            # Only a note: the call itself may need nothing of the database's writer.
            log.warning("api_key_use_not_noted", key_id=record.key_id, error=str(error.__cause__ or error))

    def _remember(self, digest: bytes, principal: Principal, seconds: float) -> None:
        self._remembered[digest] = (time.monotonic() + seconds, principal)
        self._remembered.move_to_end(digest)
        if len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)


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
    )


def principal_of_token(claims: Claims) -> Principal:
    """Return who has an access token."""
    return Principal(
        method=TOKEN,
        principal_id=claims.subject,
        name=claims.subject,
        role=claims.role,
        permissions=permitted(claims.role, claims.permissions, claims.scopes),
        projects=claims.projects,
        key_id=claims.key_id,
        further=claims.permissions,
        scopes=claims.scopes,
    )


def _invalid() -> LoadcellError:
    return LoadcellError("INVALID_API_KEY", "the API key is not valid")
