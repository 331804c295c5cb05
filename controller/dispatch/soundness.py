"""Whether figures of an agent can be true. Pure; what is calculated with must fit where it goes."""

from __future__ import annotations

import math

from loadcell.v1 import agent_pb2

MAX_UPDATE_BYTES = 64 * 1024  # of a lease update; errors and notes are shorter
_COUNT = 2**31 - 1
_LARGE = 2**53


def is_sound_beat(beat: agent_pb2.Heartbeat) -> bool:
    """Whether the figures of a heartbeat, its leases aside, are within their ranges."""
    clock = (beat.clock_offset_micros, beat.clock_uncertainty_micros)
    return (
        all(math.isfinite(value) for value in clock)
        and beat.clock_uncertainty_micros >= 0
        and all(0 <= size <= _LARGE for size in (beat.uplink_memory_bytes, beat.uplink_spool_bytes))
        and beat.clock_steps >= 0
    )


def is_sound_progress(report: agent_pb2.LeaseProgress) -> bool:
    """Whether the figures of a lease are within their ranges."""
    counts = (report.started, report.ended, report.in_flight, report.unacknowledged_batches)
    return all(0 <= count <= _COUNT for count in counts) and 0 <= report.next_ordinal <= _LARGE


def is_sound_update(update: agent_pb2.LeaseUpdate) -> bool:
    """Whether a lease update is of a reasonable size and its figures are within their ranges."""
    figures = [
        update.last_batch_number,
        update.start_micros,
        update.end_offset_micros,
        update.ramp_down_offset_micros,
        *(figure for loss in update.lost_workers for figure in (loss.offset_micros, loss.next_ordinal)),
    ]
    return update.ByteSize() <= MAX_UPDATE_BYTES and all(0 <= figure <= _LARGE for figure in figures)
