"""Takes the measured requests of a level out of its facts and puts all leases on one time axis."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from controller.report.facts import LeaseFacts, LevelFacts
from loadcell.stats.columns import CENSORED, OK, Ints, SampleArrays
from loadcell.stats.window import MeasuredWindow, count_window, end_offsets, time_window
from loadcell.v1 import agent_pb2, target_pb2

NEVER_MICROS = 2**62
LOST_STATES = (agent_pb2.LEASE_STATE_FAILED, agent_pb2.LEASE_STATE_EXPIRED)


@dataclass(frozen=True, slots=True)
class Level:
    """A level without its warm-up, however its requests are known."""

    facts: LevelFacts

    @property
    def plan(self) -> target_pb2.LevelPlan:
        """What was asked for."""
        return self.facts.plan

    @property
    def lost_leases(self) -> list[LeaseFacts]:
        """Shares that did not come to their end."""
        return [lease for lease in self.facts.leases if lease.state in LOST_STATES]


@dataclass(frozen=True, slots=True)
class MeasuredLevel(Level):
    """A level known by its requests; offsets of `rows` count from the start of the level."""

    rows: SampleArrays
    window: MeasuredWindow

    @property
    def request_count(self) -> int:
        """Requests that were begun, twice where two agents made one."""
        return len(self.rows)

    @property
    def executed(self) -> int:
        """Different requests that were begun."""
        return len(np.unique(self.rows.ordinal))

    @property
    def span(self) -> tuple[int, int] | None:
        """First start and last end in microseconds, None without requests."""
        if not len(self.rows):
            return None
        return int(self.rows.start_offset_micros.min()), int(end_offsets(self.rows).max())

    @property
    def token_sources(self) -> Counter[int]:
        """Successes by number of TokenSource."""
        sources, counts = np.unique(self.rows.token_source[self.rows.status == OK], return_counts=True)
        return Counter(dict(zip(sources.tolist(), counts.tolist(), strict=True)))

    @property
    def censored(self) -> list[int]:
        """CENSORED requests by position of their lease."""
        rows = self.rows
        counts: list[int] = np.bincount(
            rows.lease[rows.status == CENSORED], minlength=len(self.facts.leases)
        ).tolist()
        return counts

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


def measure(facts: LevelFacts) -> MeasuredLevel:
    """Return the measured requests of a level with its window."""
    rows = facts.samples
    if rows.warmup.any():
        rows = rows.where(rows.warmup == 0)
    rows = _align(rows, lease_shifts(facts))
    return MeasuredLevel(facts, rows, _window(facts, rows))


def lease_shifts(facts: LevelFacts) -> Ints:
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


def _window(facts: LevelFacts, rows: SampleArrays) -> MeasuredWindow:
    if facts.plan.duration_micros:
        last_end = int(end_offsets(rows).max()) if len(rows) else None
        return time_window(facts.plan.duration_micros, told_end(facts, last_end))
    return count_window(rows, ramp_downs(facts))


def ramp_downs(facts: LevelFacts) -> dict[int, int]:
    """Return when leases ran out of requests to start, by position, as far as it is told."""
    shifts = lease_shifts(facts)
    told = {
        position: lease.ramp_down_offset_micros + int(shifts[position])
        for position, lease in enumerate(facts.leases)
        if lease.ramp_down_offset_micros > 0
    }
    # A share that others have taken over had not run out of requests when its own agent made the last one.
    handed_over = {lease.succeeds for lease in facts.leases if lease.succeeds is not None}
    for position in handed_over:
        if facts.leases[position].end_ordinal is not None:
            told[position] = NEVER_MICROS
    return told


def told_end(facts: LevelFacts, last_end_micros: int | None) -> int | None:
    """Return the last sign of a level that did not come to its planned end, None for one that did."""
    leases, shifts = facts.leases, lease_shifts(facts)
    if leases and all(lease.state == agent_pb2.LEASE_STATE_COMPLETED for lease in leases):
        return None
    signs = [
        lease.end_offset_micros + int(shift)
        for lease, shift in zip(leases, shifts, strict=True)
        if lease.end_offset_micros
    ]
    if last_end_micros is not None:
        signs.append(last_end_micros)
    return max(signs, default=0)
