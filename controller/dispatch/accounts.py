"""Closes the books of a level: what was begun and will not be delivered becomes CENSORED (decision 0007).

What was never begun has no row; the result counts it as unexecuted. A share that was cut is in the books already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from controller.dispatch.censoring import Gap, censor_missing
from controller.dispatch.cutting import Share, ordinals_end, undealt
from controller.dispatch.leases import delivered
from controller.store.censored import highest_ordinal, hold_leases
from controller.store.database import Connection
from controller.store.records import LeaseRecord, LevelRecord
from loadcell.v1 import agent_pb2, target_pb2

_Lease = agent_pb2.LeaseState


def close_level(  # noqa: PLR0917 -- what is known of a level
    connection: Connection,
    level: LevelRecord,
    seed: int,
    leases: Sequence[LeaseRecord],
    next_ordinals: Mapping[str, int],
    now_micros: int,
) -> int:
    """Account for every request of a level that was begun; may be repeated.

    An agent that ended its share and delivered all its batches has told of every request it began. Else what is
    known is: a lost batch, a lease that came to its end, the highest ordinal of each worker, and what agents said
    last of what they had begun.

    Args:
        connection: Where the rows of the level are.
        level: A level that has started; all its leases have ended.
        seed: Seed of the run.
        leases: Its leases.
        next_ordinals: One above the highest ordinal that each lease is known to have begun, by lease_id.
        now_micros: Microseconds since the start of the level.

    Returns:
        How many requests have become CENSORED.
    """
    uncut = [lease for lease in leases if lease.end_ordinal is None]
    damaged = hold_leases(connection, [lease.lease_key for lease in uncut])
    end = None
    count = 0
    for lease in uncut:
        told = lease.state != _Lease.LEASE_STATE_EXPIRED and delivered(lease)
        if told and lease.lease_key not in damaged:
            continue
        end = ordinals_end(level.plan, seed) if end is None else end
        heirs = [one for one in leases if one.succeeds == lease.lease_key]
        known = 0 if told else next_ordinals.get(lease.lease_id, 0)
        for share in _parts(lease, heirs):
            begun = _begun(connection, level.plan, lease, share, known, end)
            until = lease.end_offset_micros or now_micros
            gap = Gap(lease, share, given=(), end=begun, until_micros=until)
            count += censor_missing(connection, level.plan, seed, gap)
    return count


def _parts(lease: LeaseRecord, heirs: Sequence[LeaseRecord]) -> list[Share]:
    """Return what fell to each worker of an agent, those aside whose part was handed over."""
    if heirs:
        return undealt(lease, heirs)
    workers = lease.worker_count or 1
    return [Share.of(lease).part(worker, workers) for worker in range(workers)]


def _begun(  # noqa: PLR0917 -- what the answer rests on
    connection: Connection,
    plan: target_pb2.LevelPlan,
    lease: LeaseRecord,
    share: Share,
    known: int,
    end: int | None,
) -> int:
    """Return one above the highest ordinal of a worker that was begun: it begins them in ascending order."""
    if lease.state == _Lease.LEASE_STATE_COMPLETED and end is not None:
        return end
    lanes = plan.concurrency or plan.max_concurrency or share.count
    highest = highest_ordinal(connection, lease, lanes, share.index, share.count)
    begun = share.begun_by_word(known, max(lease.first_ordinal, 0 if highest is None else highest + 1))
    return begun if end is None else min(begun, end)
