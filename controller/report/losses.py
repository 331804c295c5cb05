"""Sentences on shares that agents have lost: who, when, what is not known, who took over. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from controller.report.folded import FoldedLevel
from controller.report.measured import MeasuredLevel
from loadcell.levels import level_name
from loadcell.v1 import agent_pb2

_Lease = agent_pb2.LeaseState


def loss_notes(level: MeasuredLevel | FoldedLevel, agent_ids: Sequence[str]) -> Iterator[str]:
    """Yield a sentence on each lease of a level of which something was lost, and on requests executed twice."""
    leases, name, censored = (
        level.facts.leases,
        level_name(level.plan.concurrency, level.plan.rate),
        level.censored,
    )
    for position, lease in enumerate(leases):
        heirs = [agent_ids[heir.agent] for heir in leases if heir.succeeds == position]
        agent_id = agent_ids[lease.agent]
        if lease.end_ordinal is not None:
            yield lost_agent_note(
                agent_id=agent_id,
                level=name,
                state=lease.state,
                error=lease.error,
                offset_micros=lease.end_offset_micros,
                censored=censored[position],
                heirs=heirs,
            )
        elif heirs:
            yield lost_worker_note(agent_id=agent_id, level=name, censored=censored[position], heirs=heirs)
        elif censored[position]:
            yield f"Agent {agent_id} has not delivered all it began at {name}.{_censored(censored[position])}"
    twice = level.request_count - level.executed
    if twice:
        requests = "request was" if twice == 1 else "requests were"
        yield (
            f"At {name} {twice} {requests} made twice, by an agent that was lost and by one that took over:"
            " both are counted."
        )


def lost_agent_note(
    *, agent_id: str, level: str, state: int, error: str, offset_micros: int, censored: int, heirs: Iterable[str]
) -> str:
    """Return what must be known of a share that was cut.

    Args:
        agent_id: Whose share it was.
        level: Name of the level.
        state: Last state of the lease.
        error: Why it was given up, without a full stop.
        offset_micros: When it was, microseconds since the start of the level; 0 before it.
        censored: Its requests whose outcome is not known.
        heirs: The agents that have taken over what was left.
    """
    if state == _Lease.LEASE_STATE_COMPLETED:
        return f"Agent {agent_id} was lost before all samples of {level} were delivered.{_censored(censored)}"
    when = f"{offset_micros / 1e6:.1f} s into {level}" if offset_micros else f"before {level} started"
    what = "stopped its share" if state == _Lease.LEASE_STATE_CANCELLED else "was lost"
    why = f": {error}" if error else ""
    left = _taken_over(heirs) or " Nothing was left of its share."
    return f"Agent {agent_id} {what} {when}{why}.{_censored(censored)}{left}"


def lost_worker_note(*, agent_id: str, level: str, censored: int, heirs: Iterable[str]) -> str:
    """Return what must be known of a share whose agent has lost worker processes; see `lost_agent_note`."""
    return f"Agent {agent_id} lost worker processes at {level}.{_censored(censored)}{_taken_over(heirs)}"


def _censored(count: int) -> str:
    if not count:
        return ""
    return f" {count} of its requests {'is' if count == 1 else 'are'} CENSORED: the outcome is not known."


def _taken_over(heirs: Iterable[str]) -> str:
    names = list(dict.fromkeys(heirs))
    return f" What was left was taken over by {', '.join(names)}." if names else ""
