"""Who is at the other end of a connection, and how a client that can send no headers says so."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, cast

from starlette.requests import HTTPConnection

from gateway.credentials import CREDENTIALS, check_credential, credentials
from gateway.live.later import Later
from gateway.upstream import Upstream
from loadcell.channel import API_KEY_METADATA
from loadcell.errors import LoadcellError
from loadcell.v1 import auth_pb2

SUBPROTOCOL: Final = "loadcell"  # what the gateway answers a browser that has to offer something
_BEARER, _TICKET = "bearer.", "ticket."  # beginnings of subprotocols that carry a credential
_SERVICE = auth_pb2.DESCRIPTOR.services_by_name["AuthService"]
_USE, _REVOKE = _SERVICE.methods_by_name["UseTicket"], _SERVICE.methods_by_name["RevokeToken"]


@dataclass(frozen=True, slots=True, eq=False)
class Caller:
    """What calls to the controller for a connection carry.

    `group` is the same for all whose rights end together. `expires_at` is in seconds since 1970 UTC, None: the
    controller knows.
    """

    metadata: list[tuple[str, str]] = field(repr=False)
    group: str
    expires_at: float | None = None

    def ends_with(self, other: Caller, error: LoadcellError) -> bool:
        """Whether an error that another one's credential was refused with has ended this one's, too.

        What a ticket was used for ends at a time of its own.
        """
        if other.expires_at is not None and error.reason == "EXPIRED_TOKEN":
            return self is other
        return self.group == other.group


class Callers:
    """Looks at what connections come with. `url_tokens`: whether it may be a long-lived credential in the URL."""

    def __init__(self, upstream: Upstream, later: Later, *, url_tokens: bool) -> None:
        self._upstream, self._later, self._url_tokens = upstream, later, url_tokens

    @asynccontextmanager
    async def admitted(self, connection: HTTPConnection) -> AsyncIterator[Caller]:
        """Yield who is at the other end; what a ticket was used for ends with the block.

        Raises:
            LoadcellError: INVALID_REQUEST for several credentials and for a token in the URL; INVALID_API_KEY for
                what cannot be a credential; INVALID_TOKEN for a ticket that is not good.
        """
        sent = credentials(connection)
        carried = self._carried(connection)
        if len(carried) + sum(name in CREDENTIALS for name, _ in sent) > 1 and carried:
            raise LoadcellError("INVALID_REQUEST", "the connection comes with several credentials; send one")
        if "ticket" in carried:
            session = await self._use(carried["ticket"], sent)
            metadata = [*sent, (API_KEY_METADATA, session.credential)]
            try:
                yield Caller(metadata, session.group, session.expires_at.ToMicroseconds() / 1e6)
            finally:
                self._later.do(self._revoke(session.credential, metadata))
            return
        if "token" in carried:
            sent.append((API_KEY_METADATA, carried["token"]))
        yield Caller(sent, _group(sent))

    def _carried(self, connection: HTTPConnection) -> dict[str, str]:
        """Return the token and the ticket that the subprotocols and the URL carry."""
        found: list[tuple[str, str]] = []
        for offered in connection.scope.get("subprotocols", ()):
            found += [("token", offered.removeprefix(_BEARER))] if offered.startswith(_BEARER) else []
            found += [("ticket", offered.removeprefix(_TICKET))] if offered.startswith(_TICKET) else []
        query = connection.query_params
        found += [("ticket", value) for value in query.getlist("ticket")]
        tokens = query.getlist("token")
        if tokens and not self._url_tokens:
            raise LoadcellError(
                "INVALID_REQUEST",
                "URLs are kept in logs, so no token is taken from them; get a ticket: POST /api/v1/auth/ticket",
                field="token",
            )
        found += [("token", value) for value in tokens]
        for name, value in found:
            check_credential(f"the {name}", value)
        if len(found) != len(dict(found)):
            raise LoadcellError("INVALID_REQUEST", "the connection comes with several credentials; send one")
        return dict(found)

    async def _use(self, ticket: str, sent: list[tuple[str, str]]) -> auth_pb2.UseTicketResponse:
        request = auth_pb2.UseTicketRequest(ticket=ticket)
        return cast("auth_pb2.UseTicketResponse", await self._upstream.call(_USE, request, metadata=sent))

    async def _revoke(self, credential: str, metadata: list[tuple[str, str]]) -> None:
        await self._upstream.call(_REVOKE, auth_pb2.RevokeTokenRequest(token=credential), metadata=metadata)


def chosen_subprotocol(scope: Mapping[str, object]) -> str | None:
    """Return the subprotocol to agree on: a browser that offers some closes where none is answered."""
    offered = cast("list[str]", scope.get("subprotocols", []))
    return SUBPROTOCOL if SUBPROTOCOL in offered else None


def _group(sent: list[tuple[str, str]]) -> str:
    own = "\n".join(value for name, value in sent if name in CREDENTIALS or name == API_KEY_METADATA)
    if own:
        return hashlib.sha256(own.encode()).hexdigest()
    return "address:" + next((value for _, value in sent), "")
