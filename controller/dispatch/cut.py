"""Carries out a cut of a lease in one transaction: what is not known becomes CENSORED, successors get the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from controller.dispatch.active import lease_id_of
from controller.dispatch.censoring import Gap, censor_missing
from controller.dispatch.cutting import Share, divide, first_due, ordinals_end, undealt
from controller.dispatch.outcomes import RunFailedError
from controller.store.censored import highest_ordinal
from controller.store.database import Connection
from controller.store.leases import count_leases, cut_lease, get_lease, insert_leases, list_heirs
from controller.store.records import LeaseRecord, LevelRecord
from loadcell.v1 import agent_pb2


@dataclass(frozen=True, slots=True)
class Cut:
    """What is cut of a lease.

    Attributes:
        lease: The lease.
        worker: The part that fell to a lost worker; None: all the lease still has.
        next_ordinal: One above the highest ordinal its agent is known to have started.
        until_micros: When observation ended, microseconds since the start of the level; 0 before it.
        agents: Who takes over, in turn.
        refusal: Why nobody can, if it turns out that something is left.
    """

    lease: LeaseRecord
    worker: Share | None
    next_ordinal: int
    until_micros: int
    agents: Sequence[str]
    refusal: str


def carry_out(
    connection: Connection, run_id: str, level: LevelRecord, seed: int, cut: Cut
) -> tuple[list[LeaseRecord], int]:
    """Carry out a cut; one that was carried out before changes nothing.

    Returns:
        The lease and those that have taken over from it, and how many requests have become CENSORED.

    Raises:
        RunFailedError: Something is left and nobody can take over; nothing is stored.
    """
    plan, lease = level.plan, cut.lease
    heirs = list_heirs(connection, lease)
    given = [Share.of(heir) for heir in heirs]
    end = ordinals_end(plan, seed)
    at = _cut_at(connection, level, seed, cut, end)
    if cut.worker is None:
        if not cut_lease(connection, replace(lease, end_ordinal=at)):
            return _concerned(connection, lease), 0
        over = lease.state == agent_pb2.LEASE_STATE_COMPLETED or 0 < plan.duration_micros <= cut.until_micros
        left = [] if over else [share.begun_at(at) for share in undealt(lease, heirs)]
        shares = divide(plan, left, max(1, len(cut.agents)), end)
    elif any(share.begun_at(0) == cut.worker.begun_at(0) for share in given):
        return _concerned(connection, lease), 0
    else:
        # Even when nothing is left of it: the successor says that this worker has been dealt with.
        shares = [cut.worker.begun_at(at)]
    if shares and cut.refusal:
        raise RunFailedError(cut.refusal)
    censored = censor_missing(
        connection,
        plan,
        seed,
        Gap(lease, share=cut.worker or Share.of(lease), given=given, end=at, until_micros=cut.until_micros),
    )
    if shares:
        known = count_leases(connection, lease.run_key, plan.index)
        insert_leases(
            connection,
            [
                LeaseRecord(
                    lease_key=0,
                    lease_id=lease_id_of(run_id, plan.index, known + number),
                    run_key=lease.run_key,
                    level=plan.index,
                    share_index=share.index,
                    share_count=share.count,
                    agent_id=cut.agents[number % len(cut.agents)],
                    state=agent_pb2.LEASE_STATE_OFFERED,
                    first_ordinal=share.first,
                    succeeds=lease.lease_key,
                )
                for number, share in enumerate(shares)
            ],
        )
    return _concerned(connection, lease), censored


def _concerned(connection: Connection, lease: LeaseRecord) -> list[LeaseRecord]:
    stored = get_lease(connection, lease.lease_id)
    return [*([] if stored is None else [stored]), *list_heirs(connection, lease)]


def _cut_at(connection: Connection, level: LevelRecord, seed: int, cut: Cut, end: int | None) -> int:
    """Return the first ordinal that others execute."""
    plan, lease = level.plan, cut.lease
    if not level.start_micros or (cut.worker is not None and not cut.until_micros):
        return lease.first_ordinal  # nothing of it has been started
    if lease.state == agent_pb2.LEASE_STATE_COMPLETED and cut.worker is None and end is not None:
        return end
    share = cut.worker or Share.of(lease)
    lanes = plan.concurrency or plan.max_concurrency or share.count
    highest = highest_ordinal(connection, lease, lanes, share.index, share.count)
    stored = max(lease.first_ordinal, -1 if highest is None else highest + 1)
    at = share.begun_by_word(cut.next_ordinal, stored)
    if plan.rate:
        at = max(at, first_due(plan, seed, cut.until_micros))
    return at if end is None else min(at, end)
