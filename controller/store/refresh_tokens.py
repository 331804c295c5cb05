"""Operations on refresh tokens and on the list of what was revoked; only hashes are stored."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from controller.store.schema_access import refresh_tokens, revocations


@dataclass(frozen=True, slots=True)
class RefreshRecord:
    """A refresh token. Instants are in microseconds since 1970 UTC."""

    token_hash: str  # SHA-256, hex
    family: str
    claims: str  # JSON
    created_at: int
    expires_at: int
    used_at: int | None


def insert_refresh(connection: Connection, record: RefreshRecord) -> None:
    """Store a token, and forget those that have expired."""
    connection.execute(delete(refresh_tokens).where(refresh_tokens.c.expires_at <= record.created_at))
    connection.execute(
        insert(refresh_tokens),
        {name: getattr(record, name) for name in refresh_tokens.c.keys()},  # noqa: SIM118 - not a dictionary
    )


def find_refresh(connection: Connection, token_hash: str) -> RefreshRecord | None:
    """Return the token with a hash, None when there is none."""
    row = connection.execute(select(refresh_tokens).where(refresh_tokens.c.token_hash == token_hash)).one_or_none()
    return None if row is None else RefreshRecord(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name


def use_up(connection: Connection, token_hash: str, now: int) -> bool:
    """Note that a token was used; return False when it was before."""
    changed = connection.execute(
        update(refresh_tokens)
        .where(refresh_tokens.c.token_hash == token_hash, refresh_tokens.c.used_at.is_(None))
        .values(used_at=now)
        .returning(refresh_tokens.c.token_hash)
    )
    return changed.first() is not None


def revoke(connection: Connection, revoked_id: str, expires_at: int, now: int) -> None:
    """Put a jti or a family on the list, until nothing it concerns is left, and forget the family's tokens."""
    connection.execute(delete(refresh_tokens).where(refresh_tokens.c.family == revoked_id))
    connection.execute(delete(revocations).where(revocations.c.expires_at <= now))
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    put = dialect.insert(revocations).values(revoked_id=revoked_id, expires_at=expires_at)
    connection.execute(
        put.on_conflict_do_update(
            index_elements=[revocations.c.revoked_id], set_={"expires_at": put.excluded.expires_at}
        )
    )


def revoked(connection: Connection, identifiers: Collection[str]) -> bool:
    """Whether any of some identifiers is on the list."""
    query = select(revocations.c.revoked_id).where(revocations.c.revoked_id.in_(list(identifiers))).limit(1)
    return connection.execute(query).first() is not None
