"""Tickets: what opens one connection where no credential can be sent (a browser's WebSocket has no headers)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Final

from controller.access.givers import Givers
from controller.access.holders import principal_of_ticket
from controller.access.keys import hash_of, is_ticket, new_session, new_ticket
from controller.access.principal import CONFIGURED_KEY, TICKET, Principal
from controller.access.stored_claims import claims_text
from controller.access.tokens import Claims
from controller.store.database import Connection, Database
from controller.store.tickets import TicketRecord, end_session, insert_ticket, prolong, use_ticket
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError

LONGEST_SECONDS: Final = 60
# A connection that lasts longer is opened anew, with another ticket.
SESSION_MICROS: Final = 86_400 * 1_000_000
MOST: Final = 10_000  # of one account, used ones included


@dataclass(frozen=True, slots=True)
class Session:
    """What a ticket was used for. `expires_at` is in microseconds since 1970 UTC."""

    credential: str = field(repr=False)
    group: str  # the same for all tickets of one credential
    expires_at: int
    holder: Principal


class Tickets:
    """Gives tickets and takes them back, once each; all that came of one credential ends with it."""

    def __init__(self, database: Database, givers: Givers) -> None:
        self._database, self._givers = database, givers

    async def create(self, who: Principal, seconds: int) -> str:
        """Return a ticket that is good for some seconds.

        Raises:
            LoadcellError: TOKEN_FROM_TOKEN, TOO_MANY_REQUESTS; DATABASE_ERROR.
        """
        if who.method == TICKET:
            raise LoadcellError(
                "TOKEN_FROM_TOKEN", "a ticket gives no tickets; use the credential it was made with"
            )
        now, ticket = wall_micros(), new_ticket()
        record = TicketRecord(
            ticket_hash=hash_of(ticket),
            session_hash=None,
            account=who.account,
            claims=claims_text(self._claims(who)),
            giver_expires_at=who.expires_at,
            expires_at=now + seconds * 1_000_000,
        )
        if not await self._database.write(lambda c: insert_ticket(c, record, now, most=MOST)):
            raise LoadcellError(
                "TOO_MANY_REQUESTS", f"the caller has {MOST:,} tickets and connections made with them already"
            )
        return ticket

    async def use(self, ticket: str) -> Session:
        """Return what a ticket is good for; it is used up.

        Raises:
            LoadcellError: INVALID_TOKEN; DATABASE_ERROR.
        """
        if not is_ticket(ticket):
            raise _unknown()
        now, credential = wall_micros(), new_session()
        digest, session = hash_of(ticket), hash_of(credential)

        def exchange(connection: Connection) -> TicketRecord:
            found = use_ticket(connection, digest, session, now)
            if found is None:
                raise _unknown()
            return prolong(connection, found, min(found.giver_expires_at or _NEVER, now + SESSION_MICROS))

        record = await self._database.write(exchange)
        group = hash_of("\n".join((record.claims, str(record.giver_expires_at))))
        return Session(credential, group, record.expires_at, principal_of_ticket(record))

    async def revoke(self, credential: str) -> None:
        """End what a ticket was used for.

        Raises:
            LoadcellError: INVALID_TOKEN; DATABASE_ERROR.
        """
        digest = hash_of(credential)
        if not await self._database.write(lambda c: end_session(c, digest)):
            raise LoadcellError("INVALID_TOKEN", "what the ticket was used for has ended")

    def _claims(self, who: Principal) -> Claims:
        """Return what somebody may do, and what that ends with."""
        if who.token_id:
            family = who.family
        else:
            # Always the same, so that the tickets of one key are one group; without any, no key would be behind it
            # that it could end with.
            family = str(uuid.uuid5(uuid.NAMESPACE_URL, f"loadcell:tickets:{who.account}"))
        giver = self._givers.mark if who.principal_id == CONFIGURED_KEY else ""
        return Claims(
            subject=who.name,
            role=who.role,
            permissions=who.further,
            scopes=who.scopes,
            projects=who.projects,
            key_id=who.key_id,
            family=family,
            token_id=who.token_id,
            giver=giver,
        )


_NEVER: Final = 2**62


def _unknown() -> LoadcellError:
    return LoadcellError("INVALID_TOKEN", "the ticket is unknown, has expired or was used")
