"""The part of AuthService that is about tickets."""

# Names and signatures are those of the generated classes.
# ruff: noqa: N802, ARG002

from __future__ import annotations

from typing import Any

from controller.access.principal import current_principal, serve_as
from controller.access.tickets import LONGEST_SECONDS, Tickets
from controller.messages import timestamp
from loadcell.errors import LoadcellError
from loadcell.v1 import auth_pb2, auth_pb2_grpc


class TicketMethods(auth_pb2_grpc.AuthServiceServicer):
    """Giving tickets, and using them up."""

    def __init__(self, tickets: Tickets) -> None:
        self._tickets = tickets

    async def CreateTicket(
        self, request: auth_pb2.CreateTicketRequest, context: Any
    ) -> auth_pb2.CreateTicketResponse:
        """Give a ticket for what the caller may read."""
        seconds = request.lifetime_seconds if request.HasField("lifetime_seconds") else LONGEST_SECONDS
        if not 0 < seconds <= LONGEST_SECONDS:
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"a ticket is good for 1 to {LONGEST_SECONDS} s, not {seconds}",
                field="lifetime_seconds",
            )
        ticket = await self._tickets.create(current_principal(), seconds)
        return auth_pb2.CreateTicketResponse(ticket=auth_pb2.Ticket(ticket=ticket, expires_in=seconds))

    async def UseTicket(self, request: auth_pb2.UseTicketRequest, context: Any) -> auth_pb2.UseTicketResponse:
        """Use a ticket up for a credential."""
        session = await self._tickets.use(request.ticket)
        serve_as(session.holder)  # who it was is known by that alone
        return auth_pb2.UseTicketResponse(
            credential=session.credential, group=session.group, expires_at=timestamp(session.expires_at)
        )
