"""The log of who changed what and who was refused. Entries are added and, once too old, deleted; never changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from controller.scope import Scope
from controller.store.retention import Left
from controller.store.schema_access import audit_log

_EXPIRED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What is kept of a call. `called_at` is in microseconds since 1970 UTC; `outcome` is OK or why it failed."""

    called_at: int
    request_id: str
    principal_id: str
    principal_method: str
    principal_name: str
    role: str
    client_address: str
    method: str
    resource_id: str
    project_id: str
    outcome: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are asked for; "" and None: whatever they are. The end is exclusive.

    What concerns no project is seen by those only who see every project.
    """

    scope: Scope
    since: int | None = None
    until: int | None = None
    principal_id: str = ""
    method: str = ""
    resource_id: str = ""
    outcome: str = ""


_NAMES = [field.name for field in fields(AuditEntry)]


def append_entry(connection: Connection, entry: AuditEntry) -> None:
    """Add an entry."""
    connection.execute(insert(audit_log), asdict(entry))


def list_entries(
    connection: Connection, asked: AuditFilter, *, limit: int, before: int | None = None
) -> list[tuple[int, AuditEntry]]:
    """Return entries with their numbers, newest first, beginning below a number."""
    query = select(audit_log.c.entry_number, *(audit_log.c[name] for name in _NAMES)).where(*_conditions(asked))
    if before is not None:
        query = query.where(audit_log.c.entry_number < before)
    rows = connection.execute(query.order_by(audit_log.c.entry_number.desc()).limit(limit))
    return [(number, AuditEntry(*values)) for number, *values in rows]


def count_entries(connection: Connection, asked: AuditFilter) -> int:
    """Return how many entries there are."""
    query = select(func.count()).select_from(audit_log).where(*_conditions(asked))
    return connection.execute(query).scalar_one()


def expire_entries(connection: Connection, before: int) -> Left:
    """Delete a bounded part of the entries before a time, microseconds since 1970 UTC; return what is left."""
    oldest = (
        select(audit_log.c.entry_number)
        .where(audit_log.c.called_at < before)
        .order_by(audit_log.c.called_at)
        .limit(_EXPIRED_AT_ONCE)
    )
    deleted = connection.execute(delete(audit_log).where(audit_log.c.entry_number.in_(oldest)))
    return Left.MORE if deleted.rowcount == _EXPIRED_AT_ONCE else Left.NOTHING


def _conditions(asked: AuditFilter) -> list[ColumnElement[bool]]:
    equal = {name: getattr(asked, name) for name in ("principal_id", "method", "resource_id", "outcome")}
    found = [audit_log.c[name] == value for name, value in equal.items() if value]
    if asked.scope.projects is not None:
        found.append(audit_log.c.project_id.in_(sorted(asked.scope.projects - {""})))
    if asked.since is not None:
        found.append(audit_log.c.called_at >= asked.since)
    if asked.until is not None:
        found.append(audit_log.c.called_at < asked.until)
    return found
