"""Operations on API keys; only their hashes are stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from controller.store.postgresql import Lock, take
from controller.store.schema_access import api_keys

_LISTS = ("permissions", "scopes", "projects")
USED_MICROS = 60_000_000  # how exact last_used_at is: not every call is worth a write


@dataclass(frozen=True, slots=True)
class ApiKeyRecord:
    """What is known of a key. Instants are in microseconds since 1970 UTC."""

    key_id: str
    key_hash: str  # SHA-256, hex
    prefix: str  # of its random part, to tell keys apart
    name: str
    role: str
    permissions: tuple[str, ...]
    scopes: tuple[str, ...]
    projects: tuple[str, ...]
    created_by: str
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None
    rotated_from: str

    def ended(self, now: int) -> bool:
        """Whether it admits nobody."""
        return self.revoked_at is not None or (self.expires_at is not None and self.expires_at <= now)


_NAMES = [field.name for field in fields(ApiKeyRecord)]
_COLUMNS = [api_keys.c[name] for name in _NAMES]


def insert_key(connection: Connection, record: ApiKeyRecord, *, most: int) -> bool:
    """Store a key; return False when there are `most` already and none of them has ended."""
    take(connection, Lock.NUMBERS)
    if count_keys(connection) >= most:
        over = or_(api_keys.c.revoked_at.is_not(None), api_keys.c.expires_at <= record.created_at)
        oldest = select(api_keys.c.key_id).where(over).order_by(api_keys.c.created_at).limit(1)
        ended = connection.execute(oldest).scalar_one_or_none()
        if ended is None:
            return False
        connection.execute(delete(api_keys).where(api_keys.c.key_id == ended))
    values = {name: getattr(record, name) for name in _NAMES}
    connection.execute(insert(api_keys), values | {name: json.dumps(values[name]) for name in _LISTS})
    return True


def any_key(connection: Connection) -> bool:
    """Whether a key was ever made."""
    return connection.execute(select(api_keys.c.key_id).limit(1)).first() is not None


def find_key(connection: Connection, key_hash: str) -> ApiKeyRecord | None:
    """Return the key with a hash, None when there is none."""
    row = connection.execute(select(*_COLUMNS).where(api_keys.c.key_hash == key_hash)).one_or_none()
    return None if row is None else _record(row)


def get_key(connection: Connection, key_id: str, *, lock: bool = False) -> ApiKeyRecord | None:
    """Return the key with an identifier, None when there is none; `lock` it for a change in the transaction."""
    query = select(*_COLUMNS).where(api_keys.c.key_id == key_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _record(row)


def list_keys(connection: Connection, seen: Callable[[ApiKeyRecord], bool]) -> list[ApiKeyRecord]:
    """Return the keys that somebody may see, oldest first."""
    query = select(*_COLUMNS).order_by(api_keys.c.created_at, api_keys.c.key_id)
    return [record for record in map(_record, connection.execute(query)) if seen(record)]


def count_keys(connection: Connection) -> int:
    """Return the number of keys."""
    return connection.execute(select(func.count()).select_from(api_keys)).scalar_one()


def note_use(connection: Connection, key_id: str, now: int) -> None:
    """Note that a key was used, if the last time that was noted is a minute ago."""
    old = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < now - USED_MICROS)
    connection.execute(update(api_keys).where(api_keys.c.key_id == key_id, old).values(last_used_at=now))


def end_key(connection: Connection, key_id: str, at: int) -> None:
    """Let a key end at a time, if it would not end before."""
    later = or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > at)
    connection.execute(update(api_keys).where(api_keys.c.key_id == key_id, later).values(expires_at=at))


def revoke_key(connection: Connection, key_id: str, now: int) -> ApiKeyRecord | None:
    """Revoke a key, if it was not before, and return it; None when there is none."""
    here = api_keys.c.key_id == key_id
    connection.execute(update(api_keys).where(here, api_keys.c.revoked_at.is_(None)).values(revoked_at=now))
    return get_key(connection, key_id)


def _record(row: Row[Any]) -> ApiKeyRecord:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    return ApiKeyRecord(**values | {name: tuple(json.loads(values[name])) for name in _LISTS})
