"""Chooses the time span in which throughput is counted.

Latencies belong to requests, throughput to time: a request that outlives the phase must not stretch it, and the
time in which the load dies away must not dilute it (measurement.md, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loadcell.stats.columns import Ints, SampleArrays

STEADY = "steady"
WHOLE = "whole"
# How many requests must have ended for each one in flight before a load counts as steady.
ROUNDS_FOR_STEADY = 2


@dataclass(frozen=True, slots=True)
class MeasuredWindow:
    """Microseconds since the start of the level. `kind` is "steady" or "whole"."""

    start_micros: int
    end_micros: int
    kind: str

    @property
    def seconds(self) -> float:
        """Length in seconds, 0 when nothing was observed."""
        return max(0, self.end_micros - self.start_micros) / 1e6


def end_offsets(rows: SampleArrays) -> Ints:
    """Return when each request ended, in microseconds since the start of the level."""
    ends: Ints = rows.start_offset_micros + np.maximum(rows.e2e_micros, 0)
    return ends


def time_window(duration_micros: int, observed_until_micros: int | None) -> MeasuredWindow:
    """Return the window of a level bounded by time: [0, duration], or what was observed of it.

    The load is kept up to the very end of the duration, so there is no ramp-down to leave out.

    Args:
        duration_micros: Planned length.
        observed_until_micros: Where observation ended early (cancelled, lost, still going on); None: it did not.
    """
    end = duration_micros if observed_until_micros is None else min(duration_micros, observed_until_micros)
    return MeasuredWindow(0, end, STEADY)


def count_window(rows: SampleArrays, ramp_downs: dict[int, int]) -> MeasuredWindow:
    """Return the window of a level bounded by a number of requests.

    Ramp-down begins when the first share of the load has nothing left to start: as its agent reports it, else at
    the last start of that share (which also covers an agent that was lost). The window is [0, ramp-down],
    "steady", when at that moment at least two requests had ended for each one in flight; in a closed loop this
    means at least three requests for each unit of concurrency. With fewer requests there is no steady state, and
    the window is [0, last end], "whole".

    Args:
        rows: Measured requests of the level, of all leases, aligned to one start.
        ramp_downs: Reported start of the ramp-down by lease number, microseconds; leases without one are absent.
    """
    if not len(rows):
        return MeasuredWindow(0, 0, WHOLE)
    starts, ends = rows.start_offset_micros, end_offsets(rows)
    last_starts = np.full(int(rows.lease.max()) + 1, np.iinfo(np.int64).min)
    np.maximum.at(last_starts, rows.lease, starts)
    ramp_down = min(ramp_downs.get(int(n), int(last_starts[n])) for n in np.unique(rows.lease))
    ended = int((ends <= ramp_down).sum())
    in_flight = int((starts <= ramp_down).sum()) - ended
    if ended >= ROUNDS_FOR_STEADY * max(1, in_flight):
        return MeasuredWindow(0, ramp_down, STEADY)
    return MeasuredWindow(0, int(ends.max()), WHOLE)
