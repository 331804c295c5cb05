"""Operations on the tokens of agents; only their hashes are stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, tuple_, update

from controller.store.postgresql import Lock, take
from controller.store.schema import agent_tokens


@dataclass(frozen=True, slots=True)
class AgentTokenRecord:
    """What is known of a token. Instants are in microseconds since 1970 UTC."""

    token_id: str
    token_hash: str  # SHA-256, hex
    prefix: str  # of its random part, to tell tokens apart
    name: str
    agent_id: str | None  # the only agent it admits, once one has used it
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None

    def ended(self, now: int) -> bool:
        """Whether it admits nobody."""
        return self.revoked_at is not None or (self.expires_at is not None and self.expires_at <= now)


_NAMES = [field.name for field in fields(AgentTokenRecord)]
_COLUMNS = [agent_tokens.c[name] for name in _NAMES]


def insert_token(connection: Connection, record: AgentTokenRecord, *, most: int) -> bool:
    """Store a token; return False when there are `most` already and none of them has ended."""
    take(connection, Lock.NUMBERS)
    if count_tokens(connection) >= most:
        over = or_(agent_tokens.c.revoked_at.is_not(None), agent_tokens.c.expires_at <= record.created_at)
        oldest = select(agent_tokens.c.token_id).where(over).order_by(agent_tokens.c.created_at).limit(1)
        ended = connection.execute(oldest).scalar_one_or_none()
        if ended is None:
            return False
        connection.execute(delete(agent_tokens).where(agent_tokens.c.token_id == ended))
    connection.execute(insert(agent_tokens), {name: getattr(record, name) for name in _NAMES})
    return True


def find_token(connection: Connection, token_hash: str) -> AgentTokenRecord | None:
    """Return the token with a hash, None when there is none."""
    row = connection.execute(select(*_COLUMNS).where(agent_tokens.c.token_hash == token_hash)).one_or_none()
    return None if row is None else _record(row)


def list_tokens(connection: Connection, *, limit: int, after: tuple[int, str] = (0, "")) -> list[AgentTokenRecord]:
    """Return tokens, oldest first, beginning after (created_at, token_id)."""
    place = tuple_(agent_tokens.c.created_at, agent_tokens.c.token_id)
    query = select(*_COLUMNS).where(place > after).order_by(agent_tokens.c.created_at, agent_tokens.c.token_id)
    return [_record(row) for row in connection.execute(query.limit(limit))]


def count_tokens(connection: Connection) -> int:
    """Return the number of tokens."""
    return connection.execute(select(func.count()).select_from(agent_tokens)).scalar_one()


def tokens_by_id(connection: Connection, token_ids: Iterable[str]) -> dict[str, AgentTokenRecord]:
    """Return those of the tokens that there are."""
    query = select(*_COLUMNS).where(agent_tokens.c.token_id.in_(list(token_ids)))
    return {row.token_id: _record(row) for row in connection.execute(query)}


def bind_token(connection: Connection, token_id: str, agent_id: str, now: int) -> bool:
    """Note that an agent uses a token, which is that agent's from the first time; return whether it is."""
    changed = connection.execute(
        update(agent_tokens)
        .where(
            agent_tokens.c.token_id == token_id,
            or_(agent_tokens.c.agent_id.is_(None), agent_tokens.c.agent_id == agent_id),
        )
        .values(agent_id=agent_id, last_used_at=now)
        .returning(agent_tokens.c.token_id)
    )
    return changed.first() is not None


def revoke_token(connection: Connection, token_id: str, now: int) -> AgentTokenRecord | None:
    """Revoke a token, if it was not before, and return it; None when there is none."""
    here = agent_tokens.c.token_id == token_id
    connection.execute(
        update(agent_tokens).where(here, agent_tokens.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    return tokens_by_id(connection, [token_id]).get(token_id)


def _record(row: Row[Any]) -> AgentTokenRecord:
    return AgentTokenRecord(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
