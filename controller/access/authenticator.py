"""Looks at what a caller shows and says who it is."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from controller.access.givers import Givers
from controller.access.holders import check_not_revoked, principal_of_key, principal_of_token, session_holder
from controller.access.keys import KEY_PREFIX, hash_of, is_key, is_session
from controller.access.principal import COMPANION, CONFIGURED_KEY, OPEN, Principal
from controller.access.tokens import AccessTokens, Claims
from controller.store.api_keys import USED_MICROS, ApiKeyRecord, any_key, find_key, note_use
from controller.store.database import Connection, Database
from loadcell.channel import API_KEY_METADATA
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.settings import Secret

log = structlog.get_logger()

REMEMBERED_SECONDS: Final = 0.5  # what is revoked anywhere is refused within a second
REMEMBERED: Final = 10_000  # callers


_NO_SECRET: Final = Secret("")
_THE_CONFIGURED: Final = Principal.unlimited(CONFIGURED_KEY)
_A_COMPANION: Final = Principal(
    COMPANION, COMPANION, COMPANION, "", frozenset({"agents:connect", "agents:read"}), projects=None
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a call comes with. `forwarded`: by a gateway, for somebody who may be anywhere."""

    credential: str | None = field(repr=False)
    forwarded: bool = False


class Authenticator:
    """Knows the credentials there are. Who was found is remembered for half a second.

    Args:
        database: Has the API keys, and what was revoked.
        tokens: Verifies access tokens.
        configured: The API key that is a setting; empty: none.
        companion: The key of processes that were started beside the controller; empty: none.
        private: Whether only this user reaches the controller, so that keys in the database ask nothing of him.
        clock: Seconds of a clock that only goes on.
        wall: Microseconds since 1970 UTC.
    """

    def __init__(
        self,
        database: Database,
        tokens: AccessTokens,
        *,
        configured: Secret,
        companion: Secret = _NO_SECRET,
        private: bool = False,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], int] = wall_micros,
    ) -> None:
        self._database = database
        self._configured, self._companion = configured.reveal().encode(), companion.reveal().encode()
        self._tokens, self.givers = tokens, Givers(configured)
        self._private = private
        self._clock, self._wall = clock, wall
        self._closed = False  # for good: keys that have ended are kept
        self._looked = float("-inf")
        self._remembered: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()

    async def who(self, shown: Shown) -> Principal:
        """Return who makes a call.

        Raises:
            LoadcellError: MISSING_AUTHORIZATION, INVALID_API_KEY, INVALID_TOKEN, EXPIRED_TOKEN; DATABASE_ERROR.
        """
        if await self.is_open(forwarded=shown.forwarded):
            return Principal.unlimited(OPEN)
        credential, configured = _given(shown), self._of_settings(shown)
        if configured is not None:
            return configured
        digest = hashlib.sha256(credential.encode()).digest()
        found = self._remembered.get(digest)
        if found is not None and self._clock() < found[0]:
            return found[1]
        principal, record = await self._database.look_up(self._question(credential))
        if record is not None:
            await self._note_use(record)
        self._remember(digest, principal)
        return principal

    def check(self, connection: Connection, shown: Shown) -> None:
        """Look anew at what a call that goes on has come with.

        Raises:
            LoadcellError: What a new call would be refused with.
        """
        if self._asks_nothing(shown.forwarded):
            return
        if not self._has_configured:
            self._closed = self._closed or any_key(connection)
            if not self._closed:
                return
        credential = _given(shown)
        if self._of_settings(shown) is None:
            self._question(credential)(connection)

    async def is_open(self, *, forwarded: bool = False) -> bool:
        """Whether everybody is let in, since no credential was ever made or configured.

        Raises:
            LoadcellError: DATABASE_ERROR.
        """
        if self._asks_nothing(forwarded):
            return True
        if self._closed or self._has_configured:
            return False
        if self._clock() >= self._looked + REMEMBERED_SECONDS:
            self._closed = await self._database.look_up(any_key)
            self._looked = self._clock()
        return not self._closed

    def forget(self) -> None:
        """Look at every credential anew: one was made or revoked here."""
        self._remembered.clear()
        self._looked = float("-inf")

    @property
    def _has_configured(self) -> bool:
        return bool(self._configured) or self._tokens.can_verify

    def _asks_nothing(self, forwarded: bool) -> bool:
        return self._private and not forwarded and not self._has_configured

    def _of_settings(self, shown: Shown) -> Principal | None:
        given = (shown.credential or "").encode()
        if self._configured and hmac.compare_digest(given, self._configured):
            return _THE_CONFIGURED
        if self._companion and hmac.compare_digest(given, self._companion):
            return _A_COMPANION
        return None

    def _question(self, credential: str) -> Callable[[Connection], tuple[Principal, ApiKeyRecord | None]]:
        """Return what to ask the database of a credential; one that is wrong in itself is not worth a question."""
        looks_like_token = credential.count(".") == 2 and not credential.startswith(KEY_PREFIX)
        if looks_like_token and self._tokens.can_verify:
            claims = self._tokens.verify(credential)
            return lambda connection: (self._of_token(connection, claims), None)
        if is_session(credential):
            return lambda connection: (session_holder(connection, credential, self.givers, self._wall()), None)
        if not is_key(credential):
            raise _invalid()
        digest = hash_of(credential)

        def of_key(connection: Connection) -> tuple[Principal, ApiKeyRecord]:
            record = self._of_key(connection, digest)
            return principal_of_key(record), record

        return of_key

    def _of_key(self, connection: Connection, digest: str) -> ApiKeyRecord:
        record = find_key(connection, digest)
        if record is None or not hmac.compare_digest(record.key_hash, digest):
            raise _invalid()
        if record.ended(self._wall()):
            ended = "was revoked" if record.revoked_at is not None else "has expired"
            raise LoadcellError("INVALID_API_KEY", f"the API key {record.name!r} {ended}")
        return record

    def _of_token(self, connection: Connection, claims: Claims) -> Principal:
        check_not_revoked(connection, claims, self.givers, self._wall())
        return principal_of_token(claims, self._tokens.end_of(claims))

    async def _note_use(self, record: ApiKeyRecord) -> None:
        now = self._wall()
        if record.last_used_at is not None and now - record.last_used_at < USED_MICROS:
            return
        try:
            await self._database.write(lambda c: note_use(c, record.key_id, now), repeatable=True)
        except LoadcellError as error:
            # Only a note: the call itself may need nothing of the database's writer.
            log.warning("api_key_use_not_noted", key_id=record.key_id, error=str(error.__cause__ or error))

    def _remember(self, digest: bytes, principal: Principal) -> None:
        seconds = REMEMBERED_SECONDS
        if principal.expires_at is not None:
            seconds = min(seconds, (principal.expires_at - self._wall()) / 1e6)
        self._remembered[digest] = (self._clock() + seconds, principal)
        self._remembered.move_to_end(digest)
        if len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)


def _given(shown: Shown) -> str:
    if shown.credential is None:
        raise LoadcellError(
            "MISSING_AUTHORIZATION",
            f"the call needs an API key in the metadata: {API_KEY_METADATA} or authorization: Bearer",
        )
    return shown.credential


def _invalid() -> LoadcellError:
    return LoadcellError("INVALID_API_KEY", "the API key is not valid")
