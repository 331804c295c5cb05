"""What load-generating processes see of themselves, and what several of them see together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Health:
    """What load-generating processes measured about themselves; see WorkerHealth in result.proto."""

    cpu_share: float = 0.0
    loop_lag_max_ms: float = 0.0
    client_delay_p99_ms: float = 0.0
    coalesced_share: float = 0.0
    late_arrivals: int = 0
    retransmits: int = 0
    open_files: int = 0
    open_files_limit: int = 0
    clock_steps: int = 0
    reads: int = 0
    cpu_micros: int = 0
    uplink_full_seconds: float = 0.0
    fenced_seconds: float = 0.0


def merge_health(parts: Sequence[Health]) -> Health:
    """Return the health of several workers, agents or levels as one: sums of counts, the worst of the rest.

    Steps of the clock are not added up, for all workers of a machine see the same one. The descriptors are those
    of the worker that is nearest to its limit.
    """
    if not parts:
        return Health()
    reads = sum(p.reads for p in parts)
    fullest = max(parts, key=lambda p: p.open_files / max(1, p.open_files_limit))
    return Health(
        cpu_share=max(p.cpu_share for p in parts),
        loop_lag_max_ms=max(p.loop_lag_max_ms for p in parts),
        client_delay_p99_ms=max(p.client_delay_p99_ms for p in parts),
        coalesced_share=sum(p.coalesced_share * p.reads for p in parts) / reads if reads else 0.0,
        late_arrivals=sum(p.late_arrivals for p in parts),
        retransmits=sum(p.retransmits for p in parts),
        open_files=fullest.open_files,
        open_files_limit=fullest.open_files_limit,
        clock_steps=max(p.clock_steps for p in parts),
        reads=reads,
        cpu_micros=sum(p.cpu_micros for p in parts),
        uplink_full_seconds=max(p.uplink_full_seconds for p in parts),
        fenced_seconds=max(p.fenced_seconds for p in parts),
    )
