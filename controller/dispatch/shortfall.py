"""Whether a level was carried out, or too much of it fell to lost agents and to nobody else (decision 0007)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controller.dispatch.cutting import ordinals_end, undealt
from controller.dispatch.outcomes import RunFailedError
from controller.store.censored import count_censored, last_end, longest_request
from controller.store.database import Connection
from controller.store.records import LeaseRecord, LevelRecord
from loadcell.levels import level_name
from loadcell.v1 import agent_pb2, target_pb2

LIMIT = 0.1  # of the plan of a level
NOTICE_LEASES = 2  # until a loss is noticed, and for the others to come back when all of them were away

_Lease = agent_pb2.LeaseState


@dataclass(frozen=True, slots=True)
class _Missing:
    """What is missing of a level because of one lost lease: a part of the plan, and the same in words."""

    part: float
    words: str


def check_carried_out(
    connection: Connection, level: LevelRecord, seed: int, leases: Sequence[LeaseRecord], lease_seconds: float
) -> None:
    """Check a level that has ended.

    What was lost with a share that nobody took over counts from the last that is known of it. What was taken over
    is not counted for the time in which a loss is noticed, nor for the longest known request: that much every
    hand-over costs.

    Args:
        connection: Where the rows of the level are, those that are CENSORED included.
        level: The level.
        seed: Seed of the run.
        leases: All leases of the level.
        lease_seconds: How long an agent is not heard of before it is lost.

    Raises:
        RunFailedError: More than `LIMIT` of the plan is missing; says how much, and whose it was.
    """
    notice = round(NOTICE_LEASES * lease_seconds * 1e6)
    missing = [_missing(connection, level.plan, seed, lease, leases, notice) for lease in leases if _lost(lease)]
    part = sum(one.part for one in missing)
    if part > LIMIT:
        name = level_name(level.plan.concurrency, level.plan.rate)
        raise RunFailedError(
            f"{part:.1%} of the plan of {name} was carried out by nobody, at most {LIMIT:.0%} may be:"
            f" {'; '.join(one.words for one in missing if one.part)}. What was measured is kept"
        )


def _lost(lease: LeaseRecord) -> bool:
    """Whether a share was given up before its end; one that its agent has completed was carried out."""
    return lease.end_ordinal is not None and lease.state in (
        _Lease.LEASE_STATE_EXPIRED,
        _Lease.LEASE_STATE_CANCELLED,
    )


def _missing(  # noqa: PLR0917 -- what the question rests on
    connection: Connection,
    plan: target_pb2.LevelPlan,
    seed: int,
    lease: LeaseRecord,
    leases: Sequence[LeaseRecord],
    notice_micros: int,
) -> _Missing:
    cut_at = lease.end_ordinal or 0
    heirs = [one for one in leases if one.succeeds == lease.lease_key]
    until: int | None = None
    if any(heir.first_ordinal >= cut_at for heir in heirs):
        until = lease.end_offset_micros - notice_micros - longest_request(connection, lease)
    if plan.rate:
        planned = ordinals_end(plan, seed) or 0
        count = count_censored(connection, lease, until)
        return _Missing(count / max(planned, 1), f"agent {lease.agent_id} {count:,} of {planned:,} requests")
    if not plan.duration_micros:
        return _Missing(0.0, "")  # whatever is left of it is carried out later, or the run has failed already
    before = next((one for one in leases if one.lease_key == lease.succeeds), None)
    begun = before.end_offset_micros if before is not None and before.end_ordinal is not None else 0
    end = plan.duration_micros if until is None else min(plan.duration_micros, until)
    idle = max(0, end - max(begun, last_end(connection, lease)))
    own = undealt(lease, [heir for heir in heirs if heir.first_ordinal < cut_at])
    slots = sum(share.lanes(plan) or 0 for share in own)
    return _Missing(
        idle / plan.duration_micros * slots / plan.concurrency,
        f"agent {lease.agent_id} {idle / 1e6:,.1f} of {plan.duration_micros / 1e6:,.1f} s"
        f" with {slots:,} of {plan.concurrency:,} requests in flight",
    )
