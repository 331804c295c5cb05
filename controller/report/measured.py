"""Takes the measured requests of a level out of its facts and puts all leases on one time axis."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from controller.report.facts import LeaseFacts, LevelFacts
from loadcell.stats.columns import CENSORED, Ints, SampleArrays
from loadcell.stats.window import MeasuredWindow, count_window, end_offsets, time_window
from loadcell.v1 import agent_pb2, target_pb2

NEVER_MICROS = 2**62
LOST_STATES = (agent_pb2.LEASE_STATE_FAILED, agent_pb2.LEASE_STATE_EXPIRED)


@dataclass(frozen=True, slots=True)
class MeasuredLevel:
    """A level without its warm-up; offsets of `rows` count from the start of the level."""

    facts: LevelFacts
    rows: SampleArrays
    window: MeasuredWindow

    @property
    def plan(self) -> target_pb2.LevelPlan:
        """What was asked for."""
        return self.facts.plan

    def arrival_window(self, starts_micros: Ints) -> MeasuredWindow:
        """Return the span in which these starts are counted.

        An open loop bounded by a count is measured over its arrivals alone, up to the last one: how long the last
        responses took does not change how fast requests were started.
        """
        if self.plan.rate and not self.plan.duration_micros and len(starts_micros):
            return replace(self.window, end_micros=int(starts_micros.max()))
        return self.window

    @property
    def sent(self) -> SampleArrays:
        """Rows of requests known to have been sent: of CENSORED ones nobody knows."""
        censored = self.rows.status == CENSORED
        return self.rows.where(~censored) if censored.any() else self.rows

    @property
    def lost_leases(self) -> list[LeaseFacts]:
        """Shares that did not come to their end."""
        return [lease for lease in self.facts.leases if lease.state in LOST_STATES]


def measure(facts: LevelFacts) -> MeasuredLevel:
    """Return the measured requests of a level with its window."""
    rows = facts.samples
    if rows.warmup.any():
        rows = rows.where(rows.warmup == 0)
    shifts = _shifts(facts)
    rows = _align(rows, shifts)
    return MeasuredLevel(facts, rows, _window(facts, rows, shifts))


def _shifts(facts: LevelFacts) -> Ints:
    """Return for each lease how much later than the level its share started, in microseconds.

    Both times are on the controller's clock; 0 for a share that never started.
    """
    starts = [lease.start_micros if facts.start_micros else 0 for lease in facts.leases]
    return np.array([start - facts.start_micros if start else 0 for start in starts], np.int64)


def _align(rows: SampleArrays, shifts: Ints) -> SampleArrays:
    if not len(rows) or not shifts.any():
        return rows
    shift_of_row = shifts[rows.lease]
    return replace(
        rows,
        scheduled_offset_micros=rows.scheduled_offset_micros + shift_of_row,
        start_offset_micros=rows.start_offset_micros + shift_of_row,
    )


def _window(facts: LevelFacts, rows: SampleArrays, shifts: Ints) -> MeasuredWindow:
    if facts.plan.duration_micros:
        return time_window(facts.plan.duration_micros, _observed_until(facts, rows, shifts))
    ramp_downs = {
        position: lease.ramp_down_offset_micros + int(shifts[position])
        for position, lease in enumerate(facts.leases)
        if lease.ramp_down_offset_micros > 0
    }
    # A share that others have taken over had not run out of requests when its own agent made the last one.
    handed_over = {lease.succeeds for lease in facts.leases if lease.succeeds is not None}
    for position in handed_over:
        if facts.leases[position].end_ordinal is not None:
            ramp_downs[position] = NEVER_MICROS
    return count_window(rows, ramp_downs)


def _observed_until(facts: LevelFacts, rows: SampleArrays, shifts: Ints) -> int | None:
    """Return the last sign of a level that did not come to its planned end, None for one that did."""
    leases = facts.leases
    if leases and all(lease.state == agent_pb2.LEASE_STATE_COMPLETED for lease in leases):
        return None
    signs = [
        lease.end_offset_micros + int(shift)
        for lease, shift in zip(leases, shifts, strict=True)
        if lease.end_offset_micros
    ]
    if len(rows):
        signs.append(int(end_offsets(rows).max()))
    return max(signs, default=0)
