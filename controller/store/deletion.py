"""Deleting a run with everything measured, step by step; what was begun is in the database, to be gone on with."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, select, update

from controller.store.ownership import expiry
from controller.store.postgresql import announce
from controller.store.runs import DELETING
from controller.store.samples import delete_leases, delete_some_requests
from controller.store.schema import benchmark_runs as runs
from controller.store.schema import run_levels as levels


def begin_deletion(connection: Connection, run_key: int, owner: str, seconds: float) -> list[str]:
    """Hide a run that has ended, and take nothing more for it, to be deleted by an owner.

    Returns:
        The identifiers of its leases, which are gone.
    """
    leases = delete_leases(connection, run_key)
    hidden = connection.execute(
        update(runs)
        .where(runs.c.run_key == run_key)
        .values(status=DELETING, owner=owner, owner_expires_at=expiry(connection, seconds))
        .returning(runs.c.run_id)
    )
    for (run_id,) in hidden:
        announce(connection, run_id)
    return leases


def delete_some(connection: Connection, run_key: int, owner: str, seconds: float) -> bool:
    """Delete a bounded part of what there is of such a run, last of all the run itself.

    Returns:
        Whether there is more.
    """
    # Also a lock: what two controllers delete at the same time would be taken out of the rollups twice.
    held = connection.execute(
        update(runs)
        .where(runs.c.run_key == run_key, runs.c.status == DELETING)
        .values(owner=owner, owner_expires_at=expiry(connection, seconds))
    )
    if not held.rowcount:
        return False  # another controller was quicker
    if delete_some_requests(connection, run_key):
        return True
    connection.execute(delete(levels).where(levels.c.run_key == run_key))
    for (run_id,) in connection.execute(delete(runs).where(runs.c.run_key == run_key).returning(runs.c.run_id)):
        announce(connection, run_id)
    return False


def list_deleting(connection: Connection) -> list[tuple[int, str, int]]:
    """Return the keys of the runs that are being deleted, with their owners and until when these have it."""
    query = select(runs.c.run_key, runs.c.owner, func.coalesce(runs.c.owner_expires_at, 0))
    found = connection.execute(query.where(runs.c.status == DELETING))
    return [(run_key, owner, expires_at) for run_key, owner, expires_at in found]
