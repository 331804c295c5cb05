"""Whom tokens were issued for: a token ends with the key that is behind it."""

from __future__ import annotations

import hashlib
import hmac
from functools import cached_property

from controller.access.tokens import Claims
from controller.store.api_keys import get_key
from controller.store.database import Connection
from loadcell.errors import LoadcellError
from loadcell.settings import Secret


class Givers:
    """Knows the keys there are. `configured` is the API key that is a setting; empty: none."""

    def __init__(self, configured: Secret) -> None:
        self._configured = configured

    @cached_property
    def mark(self) -> str:
        """What tokens carry that were issued for the configured key; empty without one.

        A person may have thought of that key, and whoever has a token can read its mark: so guessing is made dear.
        """
        if not self._configured:
            return ""
        key = self._configured.reveal().encode()
        return hashlib.scrypt(key, salt=b"loadcell access tokens", n=2**14, r=8, p=1, dklen=16).hex()

    def check(self, connection: Connection, claims: Claims, now: int) -> None:
        """Refuse a token whose key has ended; `now` is in microseconds. Tokens made elsewhere have none.

        Raises:
            LoadcellError: INVALID_TOKEN.
        """
        if claims.key_id:
            key = get_key(connection, claims.key_id)
            if key is None or key.ended(now):
                raise LoadcellError("INVALID_TOKEN", "the API key that the token was issued for has ended")
        elif claims.family and not (self.mark and hmac.compare_digest(claims.giver.encode(), self.mark.encode())):
            raise LoadcellError("INVALID_TOKEN", "the API key that the token was issued for is no longer set")
