"""Operations on tickets and on the credentials they were used for; only hashes are stored."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection, delete, func, insert, select, update

from controller.store.postgresql import Lock, take
from controller.store.schema_access import tickets


@dataclass(frozen=True, slots=True)
class TicketRecord:
    """A ticket. Instants are in microseconds since 1970 UTC."""

    ticket_hash: str  # SHA-256, hex
    session_hash: str | None  # of the credential it was used for
    account: str
    claims: str  # JSON
    giver_expires_at: int | None
    expires_at: int


def insert_ticket(connection: Connection, record: TicketRecord, now: int, *, most: int) -> bool:
    """Store a ticket, and forget those that have expired; return False when the account has `most` already."""
    connection.execute(delete(tickets).where(tickets.c.expires_at <= now))
    take(connection, Lock.NUMBERS)
    count = select(func.count()).select_from(tickets).where(tickets.c.account == record.account)
    if connection.execute(count).scalar_one() >= most:
        return False
    connection.execute(
        insert(tickets),
        {name: getattr(record, name) for name in tickets.c.keys()},  # noqa: SIM118 - not a dictionary
    )
    return True


def use_ticket(connection: Connection, ticket_hash: str, session_hash: str, now: int) -> TicketRecord | None:
    """Use a ticket for a credential; return None when it is unknown, expired or used already."""
    found = connection.execute(
        update(tickets)
        .where(
            tickets.c.ticket_hash == ticket_hash,
            tickets.c.session_hash.is_(None),
            tickets.c.expires_at > now,
        )
        .values(session_hash=session_hash)
        .returning(*tickets.c)
    ).one_or_none()
    return None if found is None else TicketRecord(**found._mapping)  # noqa: SLF001 - SQLAlchemy's documented name


def prolong(connection: Connection, record: TicketRecord, expires_at: int) -> TicketRecord:
    """Say when the credential of a ticket ends."""
    of_it = tickets.c.ticket_hash == record.ticket_hash
    connection.execute(update(tickets).where(of_it).values(expires_at=expires_at))
    return replace(record, expires_at=expires_at)


def find_session(connection: Connection, session_hash: str) -> TicketRecord | None:
    """Return what a ticket was used for, None when there is none."""
    row = connection.execute(select(tickets).where(tickets.c.session_hash == session_hash)).one_or_none()
    return None if row is None else TicketRecord(**row._mapping)  # noqa: SLF001 - as above


def end_session(connection: Connection, session_hash: str) -> bool:
    """Forget the credential of a ticket; return whether there was one."""
    ended = delete(tickets).where(tickets.c.session_hash == session_hash).returning(tickets.c.ticket_hash)
    return connection.execute(ended).first() is not None
