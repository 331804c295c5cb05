"""Whose a run is: the controller that drives it, or that makes the result again of one that has ended.

Ownership ends by the server's clock with PostgreSQL, one clock for all controllers, and with SQLite by that of the
machine they share.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, and_, func, or_, select, text, update

from controller.lifecycle import RUN_TRANSITIONS, run_ended
from controller.store.chunks import chunks
from controller.store.postgresql import announce
from controller.store.records import RunRecord
from controller.store.schema import agents, leases
from controller.store.schema import benchmark_runs as runs
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.v1 import run_pb2

ACTIVE_STATES = [state for state in RUN_TRANSITIONS if not run_ended(state)]
ENDED_STATES = [state for state in RUN_TRANSITIONS if run_ended(state)]
_ACTIVE_WORDS, _ENDED_WORDS = ("pending", "running"), ("completed", "failed", "cancelled")
_NOW = text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)")


class NotHeldError(LoadcellError):
    """A run belongs to another controller now, or was deleted: nothing of it is ours to change."""

    def __init__(self) -> None:
        super().__init__("ILLEGAL_TRANSITION", "another controller drives the run")


def now_micros(connection: Connection) -> int:
    """Return the time that ownership goes by, microseconds since 1970 UTC."""
    if connection.dialect.name != "postgresql":
        return wall_micros()
    return int(connection.execute(_NOW).scalar_one())


def take_over(connection: Connection, run: RunRecord, owner: str, seconds: float) -> bool:
    """Make `owner` the owner of a run unless another was quicker; return whether it is."""
    as_it_was = (
        select(runs.c.run_key)
        .where(
            runs.c.run_key == run.run_key,
            runs.c.owner.is_not_distinct_from(run.owner),
            runs.c.owner_expires_at.is_not_distinct_from(run.owner_expires_at),
            runs.c.state.in_(ACTIVE_STATES),
        )
        .with_for_update(skip_locked=True)
    )
    claimed = connection.execute(
        update(runs)
        .where(runs.c.run_key.in_(as_it_was.scalar_subquery()))
        .values(owner=owner, owner_expires_at=expiry(connection, seconds))
        .returning(runs.c.run_id)
    ).scalar_one_or_none()
    if claimed is not None:
        announce(connection, claimed)  # the owner before may be alive, and must hear of it
    return claimed is not None


def extend_ownership(
    connection: Connection, run_keys: Iterable[int], owner: str, seconds: float
) -> dict[int, run_pb2.RunState]:
    """Refresh those of some runs that still belong to an owner and return their states by run_key."""
    refreshed: dict[int, run_pb2.RunState] = {}
    for keys in chunks(run_keys):
        found = connection.execute(
            update(runs)
            .where(runs.c.run_key.in_(keys), runs.c.owner == owner)
            .values(owner_expires_at=expiry(connection, seconds))
            .returning(runs.c.run_key, runs.c.state)
        )
        refreshed |= {row[0]: row[1] for row in found}
    return refreshed


def give_up_ownership(connection: Connection, owner: str) -> None:
    """Leave the active runs and the agents of an owner to whoever comes next."""
    connection.execute(
        update(runs)
        .where(runs.c.status.in_(_ACTIVE_WORDS), runs.c.owner == owner)
        .values(owner=None, owner_expires_at=now_micros(connection))
    )
    connection.execute(update(agents).where(agents.c.connected_to == owner).values(connected_to=None))
    announce(connection, "")


def give_up_run(connection: Connection, run_key: int, owner: str) -> bool:
    """Leave one run of an owner to whoever comes next; return whether it was the owner's."""
    left = connection.execute(
        update(runs)
        .where(runs.c.run_key == run_key, runs.c.owner == owner)
        .values(owner=None, owner_expires_at=now_micros(connection))
        .returning(runs.c.run_id)
    ).scalar_one_or_none()
    if left is not None:
        announce(connection, left)
    return left is not None


def hold_run(connection: Connection, run_key: int, owner: str | None) -> None:
    """Keep a run with its owner until this transaction ends: nobody takes it over meanwhile.

    Raises:
        NotHeldError: It belongs to another owner or was deleted.
    """
    mine = select(runs.c.run_key).where(runs.c.run_key == run_key, runs.c.owner.is_not_distinct_from(owner))
    if connection.execute(mine.with_for_update()).first() is None:
        raise NotHeldError


def hold_runs(connection: Connection, run_keys: Iterable[int], owner: str) -> set[int]:
    """Do so for those of some runs that are an owner's, or have ended and are driven by nobody; return them."""
    mine = or_(runs.c.owner == owner, runs.c.state.in_(ENDED_STATES))
    held: set[int] = set()
    for keys in chunks(sorted(run_keys)):
        found = select(runs.c.run_key).where(runs.c.run_key.in_(keys), mine).order_by(runs.c.run_key)
        held |= set(connection.execute(found.with_for_update()).scalars())
    return held


def book_results(connection: Connection, lease_keys: Iterable[int], owner: str, seconds: float) -> None:
    """Note that the results of runs that have ended must be made again, because more of these leases is stored.

    The owner makes them; should it be gone before it has, another controller does.
    """
    keys = select(leases.c.run_key).where(leases.c.lease_key.in_(list(lease_keys)))
    connection.execute(
        update(runs)
        .where(runs.c.run_key.in_(keys), runs.c.state.in_(ENDED_STATES))
        .values(owner=owner, owner_expires_at=expiry(connection, seconds))
    )


def list_booked(connection: Connection) -> list[tuple[str, str, int]]:
    """Return the runs whose results must be made again, with their owners and until when these have it."""
    query = select(runs.c.run_id, runs.c.owner, func.coalesce(runs.c.owner_expires_at, 0))
    found = connection.execute(query.where(runs.c.status.in_(_ENDED_WORDS), runs.c.owner.is_not(None)))
    return [(run_id, owner, expires_at) for run_id, owner, expires_at in found]


def committed_batches(connection: Connection, run_key: int) -> int:
    """Return how many batches of a run are stored: what its result is made from."""
    query = select(func.coalesce(func.sum(leases.c.committed_batch_number), 0))
    return int(connection.execute(query.where(leases.c.run_key == run_key)).scalar_one())


def hold_batches(connection: Connection, run_key: int) -> int:
    """Do so, and keep any more from being stored until this transaction ends."""
    keys = select(leases.c.lease_key).where(leases.c.run_key == run_key).order_by(leases.c.lease_key)
    connection.execute(keys.with_for_update())
    return committed_batches(connection, run_key)


def unbook_result(connection: Connection, run_key: int) -> None:
    """Note that the result of a run that has ended is complete."""
    ended = and_(runs.c.run_key == run_key, runs.c.state.in_(ENDED_STATES))
    connection.execute(update(runs).where(ended).values(owner=None))


def expiry(connection: Connection, seconds: float) -> int:
    """Return the end of an ownership that lasts so long from now, microseconds since 1970 UTC."""
    return now_micros(connection) + round(seconds * 1e6)
