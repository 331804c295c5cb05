"""The part of FleetService that is about the tokens of agents."""

# Names and signatures are those of the generated classes.
# ruff: noqa: N802, ARG002

from __future__ import annotations

import uuid
from typing import Any

import structlog

from controller.access.granting import check_name, end_of
from controller.access.keys import hash_of, new_agent_token, shown_identifier, shown_part
from controller.access.principal import current_principal
from controller.admission import Admissions
from controller.messages import timestamp
from controller.query.by_age import PageByAge
from controller.store.agent_tokens import AgentTokenRecord, count_tokens, insert_token, list_tokens, revoke_token
from controller.store.database import Database
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.v1 import fleet_pb2, fleet_pb2_grpc

log = structlog.get_logger()

MAX_TOKENS = 10_000


class AgentTokenMethods(fleet_pb2_grpc.FleetServiceServicer):
    """Making, listing and revoking tokens."""

    def __init__(self, database: Database, admissions: Admissions) -> None:
        self._tokens = database
        self._admissions = admissions

    async def CreateAgentToken(
        self, request: fleet_pb2.CreateAgentTokenRequest, context: Any
    ) -> fleet_pb2.CreateAgentTokenResponse:
        """Make a token; nobody can read it again."""
        now, token = wall_micros(), new_agent_token()
        check_name("name", request.name)
        record = AgentTokenRecord(
            token_id=str(uuid.uuid4()),
            token_hash=hash_of(token),
            prefix=shown_part(token),
            name=request.name,
            agent_id=None,
            created_at=now,
            expires_at=end_of(request, current_principal(), now),
            revoked_at=None,
            last_used_at=None,
        )
        if not await self._tokens.write(lambda c: insert_token(c, record, most=MAX_TOKENS)):
            raise LoadcellError(
                "LIMIT_EXCEEDED", f"there are {MAX_TOKENS:,} agent tokens already; revoke one that is not needed"
            )
        log.info("agent_token_created", token_id=record.token_id, name=record.name, prefix=record.prefix)
        return fleet_pb2.CreateAgentTokenResponse(details=_message(record), token=token)

    async def ListAgentTokens(
        self, request: fleet_pb2.ListAgentTokensRequest, context: Any
    ) -> fleet_pb2.ListAgentTokensResponse:
        """Return a page of tokens."""
        wanted = PageByAge("agent tokens", request.limit if request.HasField("limit") else None, request.cursor)
        found = await self._tokens.read(lambda c: list_tokens(c, limit=wanted.limit, after=wanted.after))
        page, following = wanted.cut(found, lambda record: record.token_id)
        return fleet_pb2.ListAgentTokensResponse(
            tokens=[_message(record) for record in page],
            next_cursor=following,
            total=await self._tokens.read(count_tokens),
        )

    async def RevokeAgentToken(
        self, request: fleet_pb2.RevokeAgentTokenRequest, context: Any
    ) -> fleet_pb2.RevokeAgentTokenResponse:
        """Revoke a token and end what goes on with it here; other controllers notice within seconds."""
        now = wall_micros()
        record = await self._tokens.write(lambda c: revoke_token(c, request.token_id, now))
        if record is None:
            shown = shown_identifier(request.token_id)
            raise LoadcellError(
                "AGENT_TOKEN_NOT_FOUND", f"there is no agent token {shown}", metadata={"token_id": shown}
            )
        log.info("agent_token_revoked", token_id=record.token_id, name=record.name, agent_id=record.agent_id)
        await self._admissions.look()
        return fleet_pb2.RevokeAgentTokenResponse(token=_message(record))


def _message(record: AgentTokenRecord) -> fleet_pb2.AgentToken:
    return fleet_pb2.AgentToken(
        token_id=record.token_id,
        name=record.name,
        prefix=record.prefix,
        agent_id=record.agent_id or "",
        created_at=timestamp(record.created_at),
        expires_at=None if record.expires_at is None else timestamp(record.expires_at),
        revoked_at=None if record.revoked_at is None else timestamp(record.revoked_at),
        last_used_at=None if record.last_used_at is None else timestamp(record.last_used_at),
    )
