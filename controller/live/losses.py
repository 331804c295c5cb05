"""What watchers are told of shares that were lost while the run goes on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from controller.report.losses import lost_agent_note, lost_worker_note
from controller.store.records import LeaseRecord, LevelRecord
from loadcell.levels import level_name


def describe_losses(leases: Iterable[LeaseRecord], levels: Sequence[LevelRecord]) -> list[str]:
    """Return a sentence on each lease of a run of which something was handed over or given up.

    How many requests are CENSORED is in the result: what is delivered late still changes it.
    """
    heirs: dict[int, list[str]] = {}
    known = list(leases)
    for lease in known:
        if lease.succeeds is not None:
            heirs.setdefault(lease.succeeds, []).append(lease.agent_id)
    return [
        _note(lease, levels[lease.level], heirs.get(lease.lease_key, [])) for lease in known if _lost(lease, heirs)
    ]


def _lost(lease: LeaseRecord, heirs: dict[int, list[str]]) -> bool:
    return lease.end_ordinal is not None or lease.lease_key in heirs


def _note(lease: LeaseRecord, level: LevelRecord, heirs: list[str]) -> str:
    name = level_name(level.plan.concurrency, level.plan.rate)
    if lease.end_ordinal is None:
        return lost_worker_note(agent_id=lease.agent_id, level=name, censored=0, heirs=heirs)
    return lost_agent_note(
        agent_id=lease.agent_id,
        level=name,
        state=lease.state,
        error=lease.error,
        offset_micros=lease.end_offset_micros,
        censored=0,
        heirs=heirs,
    )
