"""Tokens of agents: who has one, and why one is refused."""

from __future__ import annotations

import hmac

from controller.access.keys import hash_of, is_agent_token
from controller.store.agent_tokens import AgentTokenRecord, find_token
from controller.store.database import Connection
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError


def find_agent(connection: Connection, token: str) -> AgentTokenRecord:
    """Return what is known of a token that admits an agent now.

    Raises:
        LoadcellError: INVALID_AGENT_TOKEN, AGENT_TOKEN_EXPIRED, AGENT_TOKEN_REVOKED.
    """
    digest = hash_of(token)
    record = find_token(connection, digest)
    if record is None or not hmac.compare_digest(record.token_hash, digest):
        raise unknown_token()
    if record.revoked_at is not None:
        raise LoadcellError(
            "AGENT_TOKEN_REVOKED", f"the agent token {record.name!r} was revoked; make another for this agent"
        )
    if record.ended(wall_micros()):
        raise LoadcellError(
            "AGENT_TOKEN_EXPIRED", f"the agent token {record.name!r} has expired; make another for this agent"
        )
    return record


def check_form(token: str) -> None:
    """Refuse what is not worth a question to the database.

    Raises:
        LoadcellError: INVALID_AGENT_TOKEN.
    """
    if not is_agent_token(token):
        raise unknown_token()


def unknown_token() -> LoadcellError:
    """Return the error of a token that nobody made here."""
    return LoadcellError(
        "INVALID_AGENT_TOKEN",
        "the agent token is unknown to this controller; set LOADCELL_AGENT_TOKEN to one made with"
        " `loadcell agents token create`",
    )
