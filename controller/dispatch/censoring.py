"""Stores what is not known of a share: the ordinals that were begun and have no sample become CENSORED."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from controller.dispatch.cutting import Share, ordinal_blocks
from controller.store.censored import insert_censored, known_ordinals, last_end
from controller.store.database import Connection
from controller.store.records import LeaseRecord
from loadcell.v1 import target_pb2


@dataclass(frozen=True, slots=True)
class Gap:
    """Where requests of a lease may be missing.

    Attributes:
        lease: The lease.
        share: What of it is looked at.
        given: What others have taken over of it.
        end: The ordinals below this were begun.
        until_micros: When observation ended, microseconds since the start of the level.
    """

    lease: LeaseRecord
    share: Share
    given: Sequence[Share]
    end: int
    until_micros: int


def censor_missing(connection: Connection, plan: target_pb2.LevelPlan, seed: int, gap: Gap) -> int:
    """Store the requests of a gap that have no row as CENSORED; return how many there are."""
    lease = gap.lease
    active = 0 if plan.rate else min(last_end(connection, lease), gap.until_micros)
    count = 0
    for ordinals, dues in ordinal_blocks(plan, seed, lease.first_ordinal, gap.end):
        missing = gap.share.holds(plan, ordinals)
        for other in gap.given:
            missing &= ~other.holds(plan, ordinals)
        missing &= ~np.isin(ordinals, known_ordinals(connection, lease, int(ordinals[0]), int(ordinals[-1])))
        if missing.any():
            starts = np.full(int(missing.sum()), active) if dues is None else dues[missing]
            insert_censored(connection, lease, ordinals[missing], starts, gap.until_micros)
            count += int(missing.sum())
    return count
